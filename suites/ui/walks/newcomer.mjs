// Somebody who has never seen it: from the link to an account, a table, a row, a policy and an app that
// reads the row. The chapter of the book tells the same way, with the pictures that are made here.

import { accessible, assert, bookPicture, link, load, mobo, settled, step, URL_OF_BOARD, walk } from './harness.mjs'

const sheet = (page) => page.locator('dialog[open]').last()
/** Words about what has just happened come and go: they are no part of a picture. */
const quiet = async (page) => {
  await page.waitForFunction(() => document.querySelector('.toast') === null)
  await settled(page)
}

await walk(async (page) => {
  await page.setViewportSize({ width: 1200, height: 780 })

  await step('the link asks the first one for an account', async () => {
    await page.goto(link())
    await page.getByRole('heading', { name: 'Welcome. You are the first.' }).waitFor()
    assert.ok(!page.url().includes('link='), 'the link stays in no history')
    await accessible(page, 'the way in')
    await page.getByLabel('Your name').fill('Ada')
    await page.getByLabel('E-mail').fill('ada@example.com')
    await page.getByLabel('Password').fill('a sentence is easier to keep')
    await bookPicture(page, 'first-account')
    await page.getByRole('button', { name: 'Create my account' }).click()
    await page.getByRole('heading', { name: 'Welcome, Ada' }).waitFor()
    await settled(page)
    await bookPicture(page, 'first-steps')
  })

  await step('a table is made', async () => {
    await page.getByRole('link', { name: 'To the tables' }).click()
    await page.getByRole('button', { name: 'New table', exact: true }).click()
    await sheet(page).getByLabel('Name', { exact: true }).first().fill('todos')
    const draft = sheet(page).locator('.draft')
    await draft.nth(1).getByLabel('Name', { exact: true }).fill('task')
    await bookPicture(page, 'first-table')
    await sheet(page).getByRole('button', { name: 'Show the migration' }).click()
    await sheet(page).getByText('Nothing has happened yet').waitFor()
    await bookPicture(page, 'first-migration')
    await sheet(page).getByRole('button', { name: 'Apply' }).click()
    await page.waitForURL(/\/data\/public\/todos/)
  })

  await step('a row is put into it', async () => {
    await page.getByRole('button', { name: 'Insert', exact: true }).click()
    await sheet(page).getByLabel(/^task/).fill('Read the first chapter')
    await sheet(page).getByRole('button', { name: 'Insert', exact: true }).click()
    await page.locator('.grid').getByText('Read the first chapter').waitFor()
    await quiet(page)
    await bookPicture(page, 'first-row')
  })

  await step('a policy opens it', async () => {
    await page.getByRole('link', { name: 'Policies' }).click()
    await page.getByRole('button', { name: 'Add a rule' }).click()
    await sheet(page).getByRole('button', { name: /^Everyone reads everything/ }).click()
    await bookPicture(page, 'first-rule')
    await sheet(page).getByRole('button', { name: 'Bring it into force' }).click()
    await page.getByText('everyone_reads_everything').first().waitFor()
    await page.getByRole('button', { name: 'What would … see?' }).click()
    await sheet(page).getByText('1 of 1').waitFor()
    await quiet(page)
    await bookPicture(page, 'first-look')
    await sheet(page).getByRole('button', { name: 'Close' }).click()
  })

  await step('an app reads it, by the example as it stands', async () => {
    await page.getByRole('button', { name: 'Ada' }).click()
    await page.getByRole('button', { name: 'First steps' }).click()
    await page.getByRole('button', { name: 'Make a publishable key' }).click()
    await page.locator('code.key').waitFor()
    await page.locator('.snippet').scrollIntoViewIfNeeded()
    await quiet(page)
    await bookPicture(page, 'first-app')
    const text = await page.locator('.snippet').innerText()
    const [, url, key] = /createClient\('([^']+)', '([^']+)'\)/.exec(text) ?? []
    assert.equal(url, URL_OF_BOARD)
    const { createClient } = load('@supabase/supabase-js')
    // Older Node.js has no WebSocket, which nothing here opens.
    const client = createClient(url, key, { auth: { persistSession: false }, realtime: { transport: class {} } })
    const { data, error } = await client.from('todos').select('*').limit(10)
    assert.equal(error, null)
    assert.deepEqual(data.map((one) => one.task), ['Read the first chapter'])
    // And with nothing but curl.
    await page.getByRole('tab', { name: 'curl' }).click()
    const curl = await page.locator('.snippet').innerText()
    const address = /'(http[^']+)'/.exec(curl)?.[1]
    const told = await (await fetch(address, { headers: { apikey: key } })).json()
    assert.equal(told[0].task, 'Read the first chapter')
  })

  await step('the steps say that they are done', async () => {
    await page.reload()
    await page.locator('.step[data-done]').nth(3).waitFor()
  })

  await step('a second factor is enrolled, and asked for', async () => {
    await page.getByRole('button', { name: 'Set up a second factor' }).click()
    await page.getByLabel('Your password, once more').fill('a sentence is easier to keep')
    await page.getByRole('button', { name: 'Set it up' }).click()
    await page.locator('img.qr').waitFor()
    const secret = await page.locator('.step code').filter({ hasText: /^[A-Z2-7]{16,}$/ }).innerText()
    await page.getByLabel('Code').fill(await code(secret))
    await page.getByRole('button', { name: 'Turn it on' }).click()
    await page.getByText('with a second factor').waitFor()
    await page.getByRole('button', { name: 'Ada' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in to MagFlock' }).waitFor()
    await page.getByLabel('E-mail').fill('ada@example.com')
    await page.getByLabel('Password').fill('a sentence is easier to keep')
    await page.getByRole('button', { name: 'Sign in' }).click()
    const asked = page.getByLabel('Code from your authenticator')
    await asked.waitFor()
    await accessible(page, 'the second factor')
    // A code is good once: the one of the next half minute is taken, which clocks may differ by.
    await asked.fill(await code(secret, 30))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('navigation', { name: 'Rooms' }).waitFor()
  })
  assert.equal(mobo('admin:sessions').sessions.length >= 1, true)
})

/** Six digits, as an authenticator app computes them. */
async function code(secret, ahead = 0) {
  const { createHmac } = await import('node:crypto')
  let bits = ''
  for (const letter of secret) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')
  const key = Buffer.from(bits.match(/.{8}/g).map((one) => Number.parseInt(one, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor((Date.now() / 1000 + ahead) / 30)))
  const mac = createHmac('sha1', key).update(counter).digest()
  const at = mac[19] & 15
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
