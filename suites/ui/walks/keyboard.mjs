// From the link to a changed row without a mouse.

import { assert, comeIn, ENGINE, go, mobo, picture, PROJECT, settled, step, walk } from './harness.mjs'

const press = async (page, ...keys) => {
  for (const key of keys) await page.keyboard.press(key)
}

/** Tab until the one that is wanted has the focus. */
async function tabTo(page, wanted, most = 60) {
  for (let n = 0; n < most; n++) {
    const there = await page.evaluate(() => {
      const at = document.activeElement
      return `${at?.getAttribute('role') ?? at?.tagName.toLowerCase()} ${at?.getAttribute('aria-label') ?? at?.textContent ?? ''}`
    })
    if (wanted.test(there)) return
    await page.keyboard.press('Tab')
  }
  assert.fail(`no Tab leads to ${wanted}`)
}

await walk(async (page) => {
  await comeIn(page)
  await step('the palette leads to the data', async () => {
    await press(page, 'Control+k')
    await page.getByRole('combobox', { name: 'Find or do anything' }).waitFor()
    await page.keyboard.type('data')
    await press(page, 'Enter')
    await page.waitForURL(/\/data/)
  })
  if (process.env.WHERE) await go(page, '/data')
  await step('the tree leads to the table', async () => {
    await page.getByRole('link', { name: 'books' }).waitFor()
    await tabTo(page, /^a books/)
    await press(page, 'Enter')
    await page.waitForURL(/\/data\/public\/books/)
    await page.locator('.grid-cell').first().waitFor()
    await settled(page)
  })
  await step('the grid leads to the cell', async () => {
    await tabTo(page, /^grid Rows of public.books/)
    await press(page, 'ArrowDown', 'ArrowRight', 'Enter')
    await page.locator('input.grid-input').waitFor()
    await press(page, 'Control+a')
    await page.keyboard.type('Compilers, by hand')
    await press(page, 'Enter')
  })
  await step('the row is changed in the database', async () => {
    await page.getByText('title changed').waitFor()
    const told = mobo('rows:read', 'books', '--where', 'id = 2', '--project', PROJECT)
    assert.equal(told.rows[0].title, 'Compilers, by hand')
    await picture(page, `keyboard-${ENGINE}`)
  })
  await step('and can be taken back', async () => {
    await press(page, 'Control+z')
    await page.getByText('Taken back: title changed').waitFor()
    const told = mobo('rows:read', 'books', '--where', 'id = 2', '--project', PROJECT)
    assert.equal(told.rows[0].title, 'Compilers')
  })
  await step('Escape leaves a cell as it was', async () => {
    await tabTo(page, /^grid Rows of public.books/)
    await press(page, 'Enter')
    await page.locator('input.grid-input').waitFor()
    await page.keyboard.type('nothing of this')
    await press(page, 'Escape')
    await page.locator('input.grid-input').waitFor({ state: 'detached' })
    // The focus is back on the grid.
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'grid')
  })
})
