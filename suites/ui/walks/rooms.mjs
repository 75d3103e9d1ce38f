// Each room in light and dark, wide and narrow: its content is there, nothing is serious for those who
// use other senses, nothing reaches beyond a phone's edge, and a picture is kept.

import { accessible, assert, comeIn, content, ENGINE, go, NARROW, open, picture, walk, WIDE } from './harness.mjs'

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
  // All that is wrong is told at once: rooms do not depend on each other.
  const wrong = []
  for (const theme of ['light', 'dark']) {
    for (const [width, size] of [['wide', WIDE], ['narrow', NARROW]]) {
      const own = await open(chrome, { size, theme, state })
      for (const [name, path, wait] of ROOMS) {
        const check = async (work) => {
          try {
            await work()
          } catch (error) {
            wrong.push(`${name}, ${theme}, ${width}: ${error.message}`)
          }
        }
        await check(async () => {
          await go(own, path, { wait })
          await picture(own, `${name}-${theme}-${width}-${ENGINE}`)
        })
        await check(() => accessible(own, name))
        await check(async () => {
          const beyond = await own.evaluate(() => document.documentElement.scrollWidth - innerWidth)
          assert.ok(beyond <= 0, `it is ${beyond} px wider than the screen`)
        })
        await check(() => content(own))
        own.complaints.length = 0
      }
      await own.context().close()
    }
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n\n'))
})
