// Whatever stands in a cell is a text and nothing else: no script runs, nothing is loaded, the page
// keeps its shape, and what was there is there after an edit beside it.

import { assert, comeIn, ENGINE, go, mobo, picture, PROJECT, settled, step, walk } from './harness.mjs'

const SCRIPT = '<script>globalThis.pwned = 1</script>'
const EVIL = [
  SCRIPT,
  '<img src=x onerror="globalThis.pwned = 1">',
  '"><svg onload=globalThis.pwned=1>',
  'javascript:globalThis.pwned=1',
  '{{constructor.constructor("globalThis.pwned=1")()}}',
  '\u202Egnp.exe\u202C \u0627\u0644\u0639\u0631\u0628\u064A\u0629 mixed',
  'a\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308 Z\u0351\u036B\u0343\u036A',
  'line one\nline two\ttab\rreturn',
  '9'.repeat(4_000),
  '\u{1F468}\u200D\u{1F469}\u200D\u{1F467} \uFFFD \uFEFF',
  '=cmd|\' /C calc\'!A0',
  "'; drop table books; --",
]

await walk(async (page) => {
  // SQLite keeps no number that is longer than a float, but whole ones of 64 bits.
  const [big, digits] = ENGINE === 'postgres' ? ['numeric', '123456789012345678901234567890.123456789'] : ['bigint', '9007199254740993']
  const json = ENGINE === 'postgres' ? 'jsonb' : 'json'
  const bytes = ENGINE === 'postgres' ? 'bytea' : 'blob'
  const hex = ENGINE === 'postgres' ? `'\\xff00fe80'` : `x'ff00fe80'`
  const make = `create table "evil <b>" (id integer primary key, "te""xt<i>" text, doc ${json}, raw ${bytes}, big ${big});`
  mobo('sql:run', make, '--write', '--project', PROJECT)
  for (const [n, text] of EVIL.entries()) {
    mobo('rows:insert', 'public.evil <b>', '--project', PROJECT, '--rows', JSON.stringify([{ id: n + 1, 'te"xt<i>': text, doc: { [SCRIPT]: text }, big: digits }]))
  }
  mobo('sql:run', `update "evil <b>" set raw = ${hex} where id > 0`, '--write', '--project', PROJECT)
  // A megabyte of JSON, made where it is kept.
  const doc = ENGINE === 'postgres'
    ? `(select jsonb_agg(jsonb_build_object('n', v, 'text', 'a value among many, long enough')) from generate_series(1, 20000) v)`
    : `(with recursive n(v) as (select 1 union all select v + 1 from n where v < 20000) select json_group_array(json_object('n', v, 'text', 'a value among many, long enough')) from n)`
  mobo('sql:run', `update "evil <b>" set doc = ${doc} where id = 1`, '--write', '--project', PROJECT)
  await comeIn(page)

  await step('the grid shows what it is', async () => {
    await go(page, `/data/public/${encodeURIComponent('evil <b>')}`, { wait: '.grid-cell' })
    await settled(page)
    await page.getByText('globalThis.pwned = 1</script>').first().waitFor()
    await picture(page, `hostile-${ENGINE}`)
    assert.equal(await page.evaluate(() => globalThis.pwned), undefined)
    assert.equal(await page.locator('.grid script, .grid img, .grid iframe').count(), 0)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    assert.ok(wide <= 0, 'the page keeps its width')
    const heights = await page.evaluate(() => [...document.querySelectorAll('.grid-layer .grid-line')].map((one) => Math.round(one.getBoundingClientRect().height)))
    assert.deepEqual([...new Set(heights)], [33], 'each row keeps its height')
  })
  await step('numbers keep all their digits', async () => {
    await page.locator('.grid').focus()
    await page.keyboard.press('End')
    await page.getByText(digits).first().waitFor()
  })
  await step('an edit beside it changes nothing else', async () => {
    const before = mobo('rows:read', 'public.evil <b>', '--project', PROJECT, '--where', 'id = 9').rows[0]
    await page.keyboard.press('Control+Home')
    for (let n = 0; n < 8; n++) await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    const text = page.locator('dialog[open] textarea')
    await text.waitFor()
    assert.equal((await text.inputValue()).length, 4_000)
    await text.fill(`${SCRIPT} & more`)
    await page.locator('dialog[open]').getByRole('button', { name: 'Keep' }).click()
    await page.locator('.toast').first().waitFor()
    const after = mobo('rows:read', 'public.evil <b>', '--project', PROJECT, '--where', 'id = 9').rows[0]
    assert.equal(after['te"xt<i>'], `${SCRIPT} & more`)
    assert.deepEqual({ ...after, 'te"xt<i>': '' }, { ...before, 'te"xt<i>': '' })
  })
  await step('a megabyte opens, and can be left as it is', async () => {
    await page.locator('.grid').focus()
    await page.keyboard.press('Control+Home')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    const text = page.locator('dialog[open] textarea')
    await text.waitFor()
    assert.ok((await text.inputValue()).length > 1_000_000)
    await page.keyboard.press('Escape')
    await text.waitFor({ state: 'detached' })
  })
  await step('and so in Query, in Policies, in the tree and in the palette', async () => {
    await go(page, '/query', { wait: '.cm-content' })
    await page.getByRole('textbox', { name: 'SQL' }).click()
    await page.keyboard.insertText('select * from "evil <b>" order by id')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('region', { name: 'Rows' }).getByText('globalThis.pwned = 1</script>').first().waitFor()
    await go(page, '/policies', { wait: 'section.card' })
    await page.getByText('evil <b>').first().waitFor()
    await go(page, '/api')
    assert.equal(await page.evaluate(() => globalThis.pwned), undefined)
  })
})
