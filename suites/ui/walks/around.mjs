// The rooms around the data: a rule is made and tried, a part is restarted, a setting is changed, a key is
// made and ended, an agent is bounded and stopped, the trail proves itself.

import { accessible, assert, comeIn, go, mobo, picture, settled, step, URL_OF_BOARD, walk } from './harness.mjs'

const sheet = (page) => page.locator('dialog[open]').last()
const said = (page, text) => page.locator('.toast').filter({ hasText: text }).first().waitFor()

await walk(async (page) => {
  await comeIn(page)

  await step('a part is swapped from its sheet', async () => {
    await go(page, '/board', { wait: '.chip' })
    await page.getByRole('button', { name: /^reference/ }).click()
    await sheet(page).getByRole('button', { name: 'Restart' }).click()
    await said(page, 'reference: restart done')
    await sheet(page).getByRole('button', { name: 'Close' }).click()
  })

  await step('a rule is made from a template, tried as somebody, and dropped', async () => {
    await go(page, '/policies', { wait: 'section.card' })
    const notes = page.getByRole('region', { name: 'notes' })
    await notes.getByRole('button', { name: 'Add a rule' }).click()
    await sheet(page).getByRole('button', { name: /^People see their own rows/ }).click()
    assert.match(await sheet(page).locator('textarea').inputValue(), /owner_id = auth\.uid\(\)::text/)
    await sheet(page).getByRole('button', { name: 'Check' }).click()
    await sheet(page).getByText('it can be read').waitFor()
    await picture(page, 'rule')
    await accessible(page, 'rule')
    await sheet(page).getByRole('button', { name: 'Bring it into force' }).click()
    await notes.getByText('people_see_their_own_rows').first().waitFor()
    await notes.getByRole('button', { name: 'What would … see?' }).click()
    await sheet(page).getByText(/^0 of 2/).or(sheet(page).getByText('not granted')).first().waitFor()
    await sheet(page).getByLabel('User').fill('0d9c4ff1-6a1b-4a38-9c53-36c4a1f2b001')
    await sheet(page).getByText('1 of 2').waitFor()
    await sheet(page).getByText('of one').first().waitFor()
    await picture(page, 'playground')
    await accessible(page, 'playground')
    await sheet(page).getByRole('button', { name: 'Close' }).click()
    page.once('dialog', (asked) => void asked.accept())
    await notes.getByRole('button', { name: 'Drop' }).click()
    await said(page, 'is gone')
  })

  await step('an advisor’s finding is mended as a migration', async () => {
    const books = page.getByRole('region', { name: 'books' })
    await books.getByRole('button', { name: 'Mend' }).first().click()
    await sheet(page).getByText('Nothing has happened yet').waitFor()
    await sheet(page).getByRole('button', { name: 'Apply' }).click()
    await said(page, 'kept as a migration')
    await books.getByText('no index begins with').waitFor({ state: 'detached' })
  })

  await step('a setting is changed after a review, and set back', async () => {
    await go(page, '/settings', { wait: '.setting' })
    await page.getByLabel('Find a setting').fill('grid.rows_max')
    await page.getByLabel('grid.rows_max', { exact: true }).fill('2000')
    await page.getByRole('button', { name: 'Review and save' }).click()
    await sheet(page).getByText('2000').waitFor()
    await sheet(page).getByRole('button', { name: 'Save' }).click()
    await said(page, 'Saved')
    assert.equal(mobo('config:show', 'grid.rows_max').settings[0].value, 2000)
    await page.getByRole('button', { name: 'back to the default' }).click()
    await page.getByRole('button', { name: 'Review and save' }).click()
    await sheet(page).getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Review and save' }).waitFor({ state: 'detached' })
  })

  await step('a key is made, stands in the example, and is ended', async () => {
    await go(page, '/api', { wait: 'pre' })
    await page.getByRole('button', { name: 'New key' }).click()
    await sheet(page).getByLabel('What it is for').fill('a walk')
    await sheet(page).getByRole('button', { name: 'Make it' }).click()
    const key = (await sheet(page).locator('pre').innerText()).trim()
    await sheet(page).getByRole('button', { name: 'Done' }).click()
    assert.ok((await page.locator('.snippet').innerText()).includes(key))
    page.once('dialog', (asked) => void asked.accept())
    await page.getByRole('button', { name: 'Revoke' }).click()
    await said(page, 'opens nothing any more')
  })

  await step('a person is added, kept out, and let in again', async () => {
    await go(page, '/people', { wait: '.table' })
    await page.getByRole('button', { name: 'Add somebody' }).click()
    await sheet(page).getByLabel('Name').fill('Grace Hopper')
    await sheet(page).getByLabel('E-mail').fill('grace@example.com')
    await sheet(page).getByLabel('Password').fill('a compiler in the attic')
    await sheet(page).getByRole('button', { name: 'Add' }).click()
    await page.getByRole('button', { name: 'Grace Hopper' }).click()
    await sheet(page).getByText('Signs in by').waitFor()
    await picture(page, 'person')
    await accessible(page, 'person')
    await sheet(page).getByRole('button', { name: 'Keep them out' }).click()
    await said(page, 'They are out')
    await page.getByRole('button', { name: 'Grace Hopper' }).click()
    await sheet(page).getByRole('button', { name: 'Let them in again' }).click()
    await said(page, 'They may come in again')
  })

  await step('an agent is made, bounded, paused and let go on', async () => {
    await go(page, '/people?show=agents')
    await page.getByRole('button', { name: 'New agent' }).click()
    await sheet(page).getByLabel('Name', { exact: true }).fill('sorter')
    await sheet(page).getByLabel('What it is for').fill('sorts what comes in')
    await sheet(page).getByRole('button', { name: 'Make it' }).click()
    await sheet(page).locator('pre').waitFor()
    await sheet(page).getByRole('button', { name: 'Done' }).click()
    const card = page.locator('.agent')
    await card.getByText('0 of 1,000').waitFor()
    await card.getByRole('button', { name: 'Budget' }).click()
    await sheet(page).getByLabel('Calls an hour').fill('50')
    await sheet(page).getByRole('button', { name: 'Bound it' }).click()
    await card.getByText('0 of 50').waitFor()
    await card.getByRole('button', { name: 'Pause' }).click()
    await card.getByText('paused').waitFor()
    await picture(page, 'agents')
    await accessible(page, 'agents')
    await card.getByRole('button', { name: 'Log' }).click()
    await sheet(page).getByRole('button', { name: 'Close' }).click()
    await card.getByRole('button', { name: 'Let it go on' }).click()
    await card.getByText('active').waitFor()
  })

  await step('an organization is made, with a team', async () => {
    await go(page, '/people?show=organizations')
    await page.getByRole('button', { name: 'New organization' }).click()
    await sheet(page).getByLabel('organization', { exact: true }).fill('acme')
    await sheet(page).getByLabel('owner', { exact: true }).fill('grace@example.com')
    await sheet(page).getByRole('button', { name: 'Run' }).click()
    await page.getByRole('region', { name: 'Members' }).getByText('Grace Hopper').waitFor()
    await page.getByRole('button', { name: 'New team' }).click()
    await sheet(page).getByLabel('team', { exact: true }).fill('sales')
    await sheet(page).getByRole('button', { name: 'Run' }).click()
    await page.getByRole('region', { name: 'Teams' }).getByText('sales').waitFor()
    await picture(page, 'organizations')
    await accessible(page, 'organizations')
  })

  await step('the trail tells all of it, and proves that it is whole', async () => {
    await go(page, '/events?show=audit', { wait: '.table' })
    await page.getByText('agent:pause').first().waitFor()
    await page.getByRole('button', { name: 'Verify the chain' }).click()
    await page.getByText('none changed or missing').waitFor()
  })

  await step('the palette runs an operation by its form', async () => {
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('sql:run')
    await page.getByRole('option', { name: /^sql:run/ }).waitFor()
    await page.keyboard.press('Enter')
    await sheet(page).getByLabel('sql', { exact: true }).fill('select 6 * 7 as answer')
    await sheet(page).getByRole('button', { name: 'Run', exact: true }).click()
    await sheet(page).getByText('42').first().waitFor()
    await picture(page, 'palette-form')
    await accessible(page, 'palette-form')
    await settled(page)
  })

  await step('charts show what happens while one looks, by one line that everyone shares', async () => {
    const asked = []
    const ended = []
    page.on('request', (request) => /metrics/.test(request.url()) && asked.push(decodeURIComponent(request.url())))
    for (const how of ['requestfinished', 'requestfailed']) page.on(how, (request) => /metrics/.test(request.url()) && ended.push(decodeURIComponent(request.url())))
    const lines = () => asked.filter((one) => one.includes('metrics:tail'))
    await go(page, '/events?show=charts', { wait: 'figure' })
    const figure = page.locator('figure').filter({ hasText: 'Requests by door' })
    const used = page.getByRole('region', { name: 'Usage', exact: true })
    // Nobody has asked for this table yet.
    assert.equal(await used.getByText('public.authors').count(), 0)
    await fetch(`${URL_OF_BOARD}/rest/v1/authors`)
    await figure.locator('li').filter({ hasText: /^\s*rest [0-9]/ }).waitFor()
    await used.getByText('public.authors').first().waitFor()
    assert.equal(lines().length, 1, `one line for all charts: ${asked.join(' ')}`)
    assert.equal(asked.filter((one) => one.includes('metrics:history')).length, 0)
    assert.equal(ended.filter((one) => one.includes('metrics:tail')).length, 0)

    // The part that counts leaves, and the one that follows it goes on: it is told, and mends itself.
    const cut = page.getByText('the line was cut')
    const told = cut.waitFor()
    mobo('component:restart', 'ui', '--yes')
    await told
    await cut.waitFor({ state: 'detached' })
    assert.ok(lines().length >= 2)

    const open = () => lines().length - ended.filter((one) => one.includes('metrics:tail')).length
    const until = async (many, what) => {
      for (let tries = 0; open() !== many; tries++) {
        assert.ok(tries < 600, `${what}: ${open()} lines are open`)
        await page.waitForTimeout(100)
      }
    }
    const hide = (hidden) =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden })
        document.dispatchEvent(new Event('visibilitychange'))
      }, hidden)
    await until(1, 'looked at')
    await hide(true)
    await until(0, 'hidden')
    await hide(false)
    await until(1, 'looked at again')
    await page.getByRole('link', { name: 'Settings' }).click()
    await until(0, 'left')
  })

  await step('facts come in while one looks', async () => {
    await go(page, '/events')
    mobo('component:restart', 'reference', '--yes')
    await page.locator('main').getByText(/^component\./).first().waitFor()
  })
})
