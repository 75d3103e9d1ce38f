// Rows: found, sorted, inserted, changed by the kind of their column, many at once, brought from a file
// after a rehearsal, taken back.

import { readFileSync } from 'node:fs'
import { accessible, assert, becomes, comeIn, ENGINE, go, mobo, picture, PROJECT, settled, step, walk } from './harness.mjs'

const rows = (table, ...words) => mobo('rows:read', table, '--project', PROJECT, ...words).rows
const cell = (page, row, column) => page.locator(`.grid-line[aria-rowindex="${row + 2}"] [aria-colindex="${column + 2}"]`)
const said = (page, text) => page.locator('.toast').filter({ hasText: text }).first().waitFor()
const sheet = (page) => page.locator('dialog[open]').last()
const COLUMNS = ENGINE === 'postgres'
  ? ['id', 'title', 'author_id', 'price', 'state', 'tags', 'words', 'published', 'added']
  : ['id', 'title', 'author_id', 'price', 'state', 'tags', 'published', 'added']
const at = (name) => COLUMNS.indexOf(name)

/** The cell of a column, brought into view and opened. */
async function edit(page, row, name) {
  await page.locator('.grid').focus()
  await page.keyboard.press('Control+Home')
  for (let n = 0; n < row; n++) await page.keyboard.press('ArrowDown')
  for (let n = 0; n < at(name); n++) await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
}

await walk(async (page) => {
  await comeIn(page)
  await go(page, '/data/public/books', { wait: '.grid-cell' })

  await step('conditions and order are part of the address', async () => {
    const filter = page.getByRole('form', { name: 'Conditions' })
    await filter.getByLabel('Column').selectOption('title')
    await filter.getByLabel('Comparison').selectOption('has in it')
    await filter.getByLabel('Value').fill('o')
    await filter.getByRole('button', { name: 'Filter', exact: true }).click()
    await page.getByText('2 rows').waitFor()
    const sort = page.locator('.grid-sort', { hasText: 'title' })
    await sort.click()
    await page.waitForURL(/order=title/)
    await sort.click()
    await page.waitForURL(/order=-title/)
    await page.reload()
    await page.locator('.grid-cell').first().waitFor()
    await settled(page)
    assert.equal(await cell(page, 0, at('title')).innerText(), 'Notes on the Engine')
    await page.getByRole('button', { name: /^Without title/ }).click()
    await page.getByText('4 rows').waitFor()
  })
  await go(page, '/data/public/books', { wait: '.grid-cell' })

  await step('a row is inserted by a form that knows its columns', async () => {
    await page.getByRole('button', { name: 'Insert', exact: true }).click()
    const form = sheet(page)
    await form.getByLabel(/^title/).fill('Sketch of the Engine')
    await form.getByRole('button', { name: 'Find' }).click()
    await page.getByLabel('Find a row of authors').fill('hop')
    await page.getByRole('option', { name: /Grace Hopper/ }).waitFor()
    await picture(page, `reference-${ENGINE}`)
    await page.keyboard.press('Enter')
    await form.getByLabel(/^price/).fill('17.25')
    await form.getByLabel(/^state/).selectOption('published')
    await form.getByLabel(/^tags/).fill('{"new": true')
    assert.ok(await form.locator('.field-wrong').count(), 'broken JSON is told while it is written')
    await form.getByLabel(/^tags/).fill('{"new": true}')
    await form.getByLabel(/^published/).selectOption('true')
    await form.getByLabel(/^added/).fill('2026-05-06T07:08:09')
    await picture(page, `insert-${ENGINE}`)
    await accessible(page, 'insert')
    await form.getByRole('button', { name: 'Insert', exact: true }).click()
    await said(page, 'one row more')
    const [made] = rows('books', '--where', 'title = Sketch of the Engine')
    assert.equal(Number(made.author_id), 2)
    assert.deepEqual(made.tags, { new: true })
    assert.equal(Number(made.price), 17.25)
    assert.match(String(made.added), /2026-05-06.07:08:09/)
    await page.getByText('5 rows').waitFor()
  })

  await step('a choice is chosen, a yes is a yes, JSON opens in a sheet', async () => {
    await edit(page, 2, 'state')
    await page.locator('select.grid-input').selectOption('gone')
    await said(page, 'state changed')
    await edit(page, 2, 'published')
    await page.locator('select.grid-input').selectOption('true')
    await said(page, 'published changed')
    await edit(page, 2, 'tags')
    await sheet(page).locator('textarea').fill('{"a": [1, 2.5, null]}')
    await sheet(page).getByRole('button', { name: 'Keep' }).click()
    await said(page, 'tags changed')
    await edit(page, 2, 'price')
    await page.locator('input.grid-input').fill('99999.99')
    await page.keyboard.press('Enter')
    await said(page, 'price changed')
    const [row] = rows('books', '--where', 'id = 3')
    assert.equal(row.state, 'gone')
    assert.equal(row.published, true)
    assert.deepEqual(row.tags, { a: [1, 2.5, null] })
    assert.equal(Number(row.price), 99999.99)
  })

  await step('a reference is changed by search', async () => {
    await edit(page, 2, 'author_id')
    await page.getByLabel('Find a row of authors').fill('lovelace')
    await page.getByRole('option', { name: /Ada Lovelace/ }).waitFor()
    await page.keyboard.press('Enter')
    await said(page, 'author_id changed')
    assert.equal(Number(rows('books', '--where', 'id = 3')[0].author_id), 1)
  })

  await step('what the database refuses leaves the cell as it was', async () => {
    page.expected.push(/status of 4\d\d/)
    await edit(page, 2, 'title')
    await page.locator('input.grid-input').waitFor()
    await page.keyboard.press('Escape')
    await edit(page, 0, 'price')
    await page.locator('input.grid-input').fill('much')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').first().waitFor()
    assert.equal(Number(rows('books', '--where', 'id = 1')[0].price), 12.5)
  })
  await go(page, '/data/public/books', { wait: '.grid-cell' })

  await step('many rows are changed after a preview, and taken back', async () => {
    await page.getByLabel('Row 1', { exact: true }).check()
    await page.getByLabel('Row 2', { exact: true }).check()
    await page.getByRole('button', { name: 'Change 2' }).click()
    await sheet(page).getByLabel('Column').selectOption('title')
    await sheet(page).getByLabel(/^title/).fill('The same')
    await sheet(page).getByRole('button', { name: 'Show what would change' }).click()
    await sheet(page).getByText('Notes on the Engine').waitFor()
    await picture(page, `bulk-${ENGINE}`)
    await accessible(page, 'bulk')
    await sheet(page).getByRole('button', { name: 'Change 2 rows' }).click()
    await said(page, 'title changed in 2 rows')
    assert.equal(rows('books', '--where', 'title = The same').length, 2)
    await page.getByRole('button', { name: 'Undo' }).first().click()
    await said(page, 'Taken back')
    await becomes(() => rows('books', '--where', 'title = The same').length, 0)
    await becomes(() => rows('books', '--where', 'id = 1')[0].title, 'Notes on the Engine')
  })

  await step('rows are deleted after a preview, and come back', async () => {
    await settled(page)
    await page.getByLabel('Row 4', { exact: true }).check()
    await page.getByRole('button', { name: 'Delete 1' }).click()
    await sheet(page).getByText('Letters').waitFor()
    await sheet(page).getByRole('button', { name: 'Delete 1 row' }).click()
    await said(page, 'one row gone')
    assert.equal(rows('books', '--where', 'id = 4').length, 0)
    await page.getByRole('button', { name: 'Undo' }).first().click()
    await said(page, 'Taken back')
    await becomes(() => rows('books', '--where', 'id = 4').map((row) => row.title), ['Letters'])
  })

  await step('a file is mapped, rehearsed and brought in', async () => {
    await page.getByRole('button', { name: 'Import' }).click()
    const csv = 'Title;Author;Price;Published;Note\n"One; with a sign";1;1,5;true;x\n"Two ""quoted""";2;2.5;false;y\n'
    const choose = sheet(page).locator('input[type=file]')
    await choose.setInputFiles({ name: 'books.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) })
    await sheet(page).getByText('2 rows of CSV').waitFor()
    await sheet(page).getByLabel('Where Author goes').selectOption({ label: 'author_id (bigint)' })
    page.expected.push(/status of 4\d\d/)
    await sheet(page).getByRole('button', { name: 'Rehearse' }).click()
    if (ENGINE === 'postgres') {
      await sheet(page).getByText(/Row 1:/).waitFor()
      assert.equal(rows('books', '--where', 'title like One%').length, 0, 'a rehearsal leaves nothing')
    }
    await choose.setInputFiles({ name: 'books.csv', mimeType: 'text/csv', buffer: Buffer.from(csv.replace('1,5', '1.5')) })
    await sheet(page).getByLabel('Where Author goes').selectOption({ label: 'author_id (bigint)' })
    await sheet(page).getByRole('button', { name: 'Rehearse' }).click()
    await sheet(page).getByText('The database would take all 2 rows').waitFor()
    assert.equal(rows('books', '--where', 'title like One%').length, 0, 'a rehearsal leaves nothing')
    await picture(page, `import-${ENGINE}`)
    await accessible(page, 'import')
    await sheet(page).getByRole('button', { name: 'Import 2 rows' }).click()
    await said(page, '2 rows came from books.csv')
    const [one] = rows('books', '--where', 'title like One%')
    assert.equal(one.title, 'One; with a sign')
    assert.equal(rows('books', '--where', 'title like Two%')[0].title, 'Two "quoted"')
  })

  await step('a list of JSON comes in as well', async () => {
    await page.getByRole('button', { name: 'Import' }).click()
    const file = { name: 'a.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify([{ title: 'From JSON', author_id: 3, tags: ['x'], published: false }])) }
    await sheet(page).locator('input[type=file]').setInputFiles(file)
    await sheet(page).getByRole('button', { name: 'Rehearse' }).click()
    await sheet(page).getByText('would take the 1 row').waitFor()
    await sheet(page).getByRole('button', { name: 'Import 1 row' }).click()
    await said(page, '1 row came from a.json')
    assert.deepEqual(rows('books', '--where', 'title = From JSON')[0].tags, ['x'])
  })

  await step('rows leave as a file', async () => {
    await page.getByRole('button', { name: /Export/ }).click()
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'as CSV' }).click()])
    const text = readFileSync(await download.path(), 'utf8')
    assert.ok(text.startsWith(COLUMNS.join(',')), text.slice(0, 80))
    assert.ok(text.includes('"Two ""quoted"""'))
  })

  await step('a column tells about itself', async () => {
    await page.locator('.grid-name').nth(1).hover()
    await page.getByRole('button', { name: 'About title' }).click()
    await sheet(page).getByRole('button', { name: 'Look at its values' }).click()
    await sheet(page).getByText('different').waitFor()
  })
})
