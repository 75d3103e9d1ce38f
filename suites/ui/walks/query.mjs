// SQL: completed from the catalog, run, explained as a tree, drawn, saved; only reading until somebody
// says otherwise.

import { accessible, assert, becomes, comeIn, ENGINE, go, mobo, picture, PROJECT, settled, step, walk } from './harness.mjs'

const editor = (page) => page.getByRole('textbox', { name: 'SQL' })
const write = async (page, text) => {
  await editor(page).click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(text)
}

await walk(async (page) => {
  await comeIn(page)
  await go(page, '/query', { wait: '.cm-content' })

  await step('names of tables are completed', async () => {
    await editor(page).click()
    await page.keyboard.type('select * from boo', { delay: 20 })
    await page.locator('.cm-tooltip-autocomplete').getByText('books').waitFor()
    await page.keyboard.press('Escape')
  })
  // What is offered for completion, whenever it comes, would lie over what is clicked.
  await page.addLocatorHandler(page.locator('.cm-tooltip-autocomplete'), () => page.keyboard.press('Escape'))
  await step('rows are shown, and drawn', async () => {
    await write(page, 'select title, price from books order by id')
    await page.keyboard.press('Control+Enter')
    const result = page.getByRole('region', { name: 'Rows' })
    await result.getByText('Notes on the Engine').waitFor()
    await page.getByRole('button', { name: 'Chart' }).click()
    await page.getByRole('region', { name: 'Chart' }).getByText('Compilers').waitFor()
    await picture(page, `result-${ENGINE}`)
    await accessible(page, 'result')
  })
  await step('a plan is a tree', async () => {
    await write(page, 'select a.name, count(*) from books b join authors a on a.id = b.author_id group by a.name')
    await page.getByRole('button', { name: 'Explain', exact: true }).click()
    await page.locator('.plan-step').first().waitFor()
    assert.ok((await page.locator('.plan-step').count()) >= 2)
    await picture(page, `plan-${ENGINE}`)
    await accessible(page, 'plan')
  })
  await step('a mistake is told in words, and nothing is written by accident', async () => {
    page.expected.push(/status of 4\d\d/)
    await write(page, "update books set title = 'x'")
    await page.keyboard.press('Control+Enter')
    await page.getByRole('alert').waitFor()
    assert.equal(mobo('rows:read', 'books', '--where', 'title = x', '--project', PROJECT).rows.length, 0)
  })
  await step('what destroys is done only when somebody says yes to that very thing', async () => {
    await page.getByLabel('may write').check()
    await write(page, "update books set title = 'all the same'")
    await page.keyboard.press('Control+Enter')
    const yes = page.getByRole('button', { name: /^Yes: update_all/ })
    await yes.waitFor()
    assert.equal(mobo('rows:read', 'books', '--where', 'title = all the same', '--project', PROJECT).rows.length, 0)
    await yes.click()
    await page.getByText('0 rows').first().waitFor()
    await becomes(() => mobo('rows:read', 'books', '--where', 'title = all the same', '--project', PROJECT).rows.length, 4)
    await page.getByLabel('may write').uncheck()
  })
  await step('a query is saved, and there again', async () => {
    await write(page, 'select 42 as answer')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByLabel('Name').fill('The answer')
    await page.getByLabel('everybody of the project finds it').check()
    await page.locator('dialog[open]').getByRole('button', { name: 'Save' }).click()
    await page.locator('.toast').filter({ hasText: 'Saved as The answer' }).waitFor()
    const kept = () => mobo('query:list', PROJECT).queries.map((one) => [one.name, one.sql, one.shared, one.mine])
    assert.deepEqual(kept(), [['The answer', 'select 42 as answer', true, true]])
    // What an earlier screen has left in this browser comes along; another browser finds both.
    await page.evaluate(() => {
      const here = JSON.parse(localStorage.getItem('magflock.query'))
      localStorage.setItem('magflock.query', JSON.stringify({ ...here, saved: [{ name: 'Of before', text: 'select 1' }] }))
    })
    await page.reload()
    await page.getByRole('button', { name: /Saved/ }).click()
    await page.locator('.menu-entry', { hasText: 'Of before' }).waitFor()
    await page.evaluate(() => localStorage.clear())
    await page.reload()
    await page.getByRole('button', { name: /Saved/ }).click()
    await page.locator('.menu-entry', { hasText: 'The answer' }).waitFor()
    await page.getByRole('button', { name: 'Forget Of before' }).click()
    await page.locator('.menu-entry', { hasText: 'Of before' }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByRole('button', { name: /Saved/ }).click()
    await page.locator('.menu-entry', { hasText: 'Of before' }).waitFor()
    assert.deepEqual(kept().map(([name]) => name), ['Of before', 'The answer'])
    await settled(page)
  })
  if (ENGINE === 'postgres') {
    await step('as a role it is asked as the role', async () => {
      await go(page, '/query', { wait: '.cm-content' })
      await write(page, "select current_user as me, current_setting('request.jwt.claims') as claims")
      await page.getByLabel('As role').fill('anon')
      await page.getByRole('button', { name: 'Run', exact: true }).click()
      await page.getByRole('region', { name: 'Rows' }).getByText('anon', { exact: true }).waitFor()
    })
  }
})
