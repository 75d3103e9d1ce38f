// Tables, columns and indexes by form: each becomes a migration that is checked before it runs.

import { accessible, assert, comeIn, ENGINE, go, mobo, picture, PROJECT, step, walk } from './harness.mjs'

const sheet = (page) => page.locator('dialog[open]').last()
const shown = (table) => mobo('schema:show', table, '--project', PROJECT)
const said = (page, text) => page.locator('.toast').filter({ hasText: text }).first().waitFor()

async function apply(page) {
  await sheet(page).getByText('Nothing has happened yet').waitFor()
  await sheet(page).getByRole('button', { name: 'Apply' }).click()
  await said(page, 'kept as a migration')
}

await walk(async (page) => {
  await comeIn(page)
  await go(page, '/data')

  await step('a table is made by a form', async () => {
    await page.getByRole('button', { name: `A new table in ${PROJECT}/main` }).click()
    await sheet(page).getByLabel('Name', { exact: true }).first().fill('loans')
    await sheet(page).getByRole('button', { name: 'Another column' }).click()
    const last = sheet(page).locator('.draft').last()
    await last.getByLabel('Name').fill('book_id')
    await last.getByLabel(/^Type of/).fill(ENGINE === 'postgres' ? 'bigint' : 'integer')
    await last.getByLabel(/^Where .* points/).selectOption({ label: 'books.id' })
    await picture(page, `new-table-${ENGINE}`)
    await accessible(page, 'new-table')
    await sheet(page).getByRole('button', { name: 'Show the migration' }).click()
    const up = await sheet(page).getByLabel('Up').inputValue()
    assert.match(up, /create table loans/)
    assert.match(up, /references books \(id\)/)
    await sheet(page).getByText('Nothing has happened yet').waitFor()
    await picture(page, `migration-${ENGINE}`)
    await accessible(page, 'migration')
    await apply(page)
    await page.waitForURL(/\/data\/public\/loans/)
    assert.deepEqual(shown('loans').columns.map((one) => one.name), ['id', 'name', 'created_at', 'book_id'])
    const history = mobo('migrate:status', '--project', PROJECT)
    assert.equal(history.applied, 1)
  })

  await go(page, '/data/public/loans?show=structure', { wait: '.table' })
  await step('a column is added', async () => {
    await page.getByRole('button', { name: 'Add a column' }).click()
    await sheet(page).getByLabel('Name').fill('note')
    await sheet(page).getByRole('button', { name: 'Show the migration' }).click()
    await apply(page)
    await page.getByRole('button', { name: 'Drop note' }).waitFor()
    assert.ok(shown('loans').columns.some((one) => one.name === 'note'))
  })
  await step('an index is added', async () => {
    await page.getByRole('button', { name: 'Add an index' }).click()
    await sheet(page).getByLabel('book_id').check()
    await sheet(page).getByRole('button', { name: 'Show the migration' }).click()
    await apply(page)
    await page.locator('.lines').getByText('loans_book_id_idx').waitFor()
  })
  await step('a column gets another name', async () => {
    await page.getByRole('button', { name: 'Change note' }).click()
    await sheet(page).getByLabel('Name').fill('remark')
    if (ENGINE === 'postgres') await sheet(page).getByLabel('About').fill('what was said')
    await sheet(page).getByRole('button', { name: 'Show the migration' }).click()
    await apply(page)
    await page.getByRole('button', { name: 'Drop remark' }).waitFor()
  })
  await step('what the database refuses is told before anything happens', async () => {
    page.expected.push(/status of 4\d\d/)
    await page.getByRole('button', { name: 'Add a column' }).click()
    await sheet(page).getByLabel('Name').fill('remark')
    await sheet(page).getByRole('button', { name: 'Show the migration' }).click()
    await sheet(page).getByRole('alert').waitFor()
    assert.ok(await sheet(page).getByRole('button', { name: 'Apply' }).isDisabled())
    await sheet(page).getByRole('button', { name: 'Not now' }).click()
  })
  await step('what destroys asks for each thing that it destroys', async () => {
    await page.getByRole('button', { name: 'Drop remark' }).click()
    await sheet(page).getByText('Nothing has happened yet').waitFor()
    const button = sheet(page).getByRole('button', { name: 'Apply' })
    assert.ok(await button.isDisabled())
    await sheet(page).locator('.danger input').check()
    await picture(page, `danger-${ENGINE}`)
    await accessible(page, 'danger')
    await apply(page)
    await page.getByRole('button', { name: 'Drop remark' }).waitFor({ state: 'detached' })
    assert.ok(!shown('loans').columns.some((one) => one.name === 'remark'))
  })
  await step('the way back of each migration leads back', async () => {
    const back = mobo('migrate:down', '--all', '--project', PROJECT, '--consent', 'drop_table loans', '--consent', 'drop_column loans.note', '--consent', 'drop_column loans.remark', '--dangerously-allow-delete')
    assert.equal(back.waiting, 5)
    const tables = mobo('schema:show', '--project', PROJECT).tables.map((one) => one.name)
    assert.ok(!tables.includes('loans'), tables.join())
  })
})
