// Each room in light and dark, wide and narrow: its content is there, nothing is serious for those who
// use other senses, nothing reaches beyond a phone's edge, and a picture is kept.

import { accessible, assert, comeIn, content, ENGINE, go, NARROW, open, picture, settled, walk, WIDE } from './harness.mjs'
import { cutOff, speakPseudo, untranslated } from './pseudo.mjs'

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

/** Sheets and menus that a room opens, each by the name of the word on its button. */
const SHEETS = [
  ['/board', '.chip', { css: '.chip' }],
  ['/board', '.chip', { css: '.head .menu > button' }],
  ['/board', '.chip', { css: '.head-find' }],
  ['/data/public/books', '.grid-cell', { word: 'all.insert' }],
  ['/data/public/books', '.grid-cell', { word: 'data.import' }],
  ['/data/public/books', '.grid-cell', { css: '.grid-facts' }],
  ['/data/public/books', '.grid-cell', { css: '.tree-new' }],
  ['/data/public/books?show=structure', '.table', { word: 'data.addAColumn' }],
  ['/data/public/books?show=structure', '.table', { word: 'data.addAnIndex' }],
  ['/data/public/books?show=structure', '.table', { word: 'data.dropTheTable' }],
  ['/data/public/books?show=structure', '.table', { word: 'data.renameTheTable' }],
  ['/policies', 'section.card', { word: 'policies.addARule' }],
  ['/policies', 'section.card', { word: 'policies.whatWouldSee' }],
  ['/people', '.table', { word: 'people.addSomebody' }],
  ['/people', '.table', { css: '.person' }],
  ['/people?show=agents', 'main h1', { word: 'people.newAgent' }],
  ['/people?show=organizations', 'main h1', undefined],
  ['/people?show=sessions', '.table', undefined],
  ['/api', 'pre', { word: 'api.newKey' }],
  ['/nowhere', 'main h1', undefined],
]

/** No text is left that nobody could translate, and longer ones have room: with a pseudo-language, from
    the left, and on the telephone from the right as well. */
async function inAnotherLanguage(chrome, state, wrong) {
  for (const [width, size, dir] of [['wide', WIDE, 'ltr'], ['narrow', NARROW, 'ltr'], ['rtl', NARROW, 'rtl']]) {
    const own = await open(chrome, { size, state })
    const words = await speakPseudo(own, dir)
    const look = async (name) => {
      await picture(own, `pseudo-${name}-${width}-${ENGINE}`)
      const beyond = await own.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      if (beyond > 0) wrong.push(`${name}, pseudo, ${width}: it is ${beyond} px wider than the screen`)
      for (const one of [...(await untranslated(own)), ...(await cutOff(own))]) wrong.push(`${name}, pseudo, ${width}: ${one}`)
    }
    for (const [name, path, wait] of ROOMS) {
      try {
        await go(own, path, { wait })
        await look(name)
      } catch (error) {
        wrong.push(`${name}, pseudo, ${width}: ${error.message}`)
      }
    }
    // Sheets are the same on both engines, and from the right as from the left.
    const sheets = ENGINE === 'sqlite' && dir === 'ltr' ? SHEETS : []
    for (const [n, [path, wait, press]] of sheets.entries()) {
      try {
        await go(own, path, { wait })
        if (press?.css) await own.locator(press.css).first().click()
        if (press?.word) await own.getByRole('button', { name: words(press.word), exact: true }).first().click()
        await settled(own)
        await look(`sheet-${n}`)
      } catch (error) {
        wrong.push(`${path} ${JSON.stringify(press)}, pseudo, ${width}: ${error.message}`)
      }
    }
    const refused = own.complaints.filter((one) => !/404/.test(one))
    if (refused.length > 0) wrong.push(`pseudo, ${width}: ${refused.join(', ')}`)
    await own.context().close()
  }
}

/** German for whose browser is German; whatever one chooses stays, in this browser. */
async function theirOwnLanguage(chrome, state) {
  const german = await open(chrome, { state, locale: 'de-AT' })
  await go(german, '/board', { wait: '.chip' })
  const spoken = () => german.evaluate(() => document.documentElement.lang)
  assert.equal(await spoken(), 'de')
  await german.getByRole('navigation', { name: 'Räume' }).getByRole('link', { name: 'Einstellungen' }).waitFor()
  await accessible(german, 'the board in German')
  await german.locator('.head .menu > button').click()
  await german.getByLabel('Sprache').selectOption({ label: 'English' })
  await german.getByRole('navigation', { name: 'Rooms' }).waitFor()
  await german.reload()
  await german.getByRole('navigation', { name: 'Rooms' }).waitFor()
  assert.equal(await spoken(), 'en')
  await german.locator('.head .menu > button').click()
  await german.getByLabel('Language').selectOption({ label: 'as the browser' })
  await german.getByRole('navigation', { name: 'Räume' }).waitFor()
  content(german)
  await german.context().close()
}

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
  await inAnotherLanguage(chrome, state, wrong)
  await theirOwnLanguage(chrome, state)
  if (wrong.length > 0) throw new Error(wrong.join('\n\n'))
})
