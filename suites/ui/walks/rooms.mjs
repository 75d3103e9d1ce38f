// Each room in light and dark, wide and narrow: its content is there, nothing is serious for those who
// use other senses, nothing reaches beyond a phone's edge, and a picture is kept.

import { accessible, assert, comeIn, content, ENGINE, go, NARROW, open, picture, step, walk, WIDE } from './harness.mjs'

const ROOMS = [
  ['board', '/board', '.chip'],
  ['charts', '/events?show=charts', 'figure'],
  ['data', '/data/public/books', '.grid-cell'],
  ['structure', '/data/public/books?show=structure', '.table'],
  ['query', '/query', '.cm-content'],
  ['policies', '/policies', 'section.card'],
  ['people', '/people', '.table'],
  ['api', '/api', 'pre'],
  ['welcome', '/welcome', 'pre'],
  ['events', '/events', 'main h1'],
  ['logs', '/events?show=logs', '.log'],
  ['jobs', '/events?show=jobs', 'main h2'],
  ['audit', '/events?show=audit', '.table'],
  ['settings', '/settings', '.setting'],
]

await walk(async (page, chrome) => {
  await comeIn(page)
  const state = await page.context().storageState()
  for (const theme of ['light', 'dark']) {
    for (const [width, size] of [['wide', WIDE], ['narrow', NARROW]]) {
      const own = await open(chrome, { size, theme, state })
      for (const [name, path, wait] of ROOMS) {
        await step(`${name}, ${theme}, ${width}`, async () => {
          await go(own, path, { wait })
          await picture(own, `${name}-${theme}-${width}-${ENGINE}`)
          await accessible(own, name)
          const beyond = await own.evaluate(() => document.documentElement.scrollWidth - innerWidth)
          assert.ok(beyond <= 0, `it is ${beyond} px wider than the screen`)
          content(own)
        })
      }
      await own.context().close()
    }
  }
})
