// A language that nobody speaks, made from the English one while a walk runs: each letter has an accent,
// vowels are doubled, and what fills a place stands between isolates. So a text that is written into a
// component, and one that has no room to grow, can be seen. Numbers and dates are Russian: another
// script, and four plural forms.

import { URL_OF_BOARD } from './harness.mjs'

const FROM = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
const TO = [...'áƀçđéƒğĥíĵķłɱñóþɋŕšţúṽŵẋýžÁƁÇĐÉƑĞĤÍĴĶŁṀÑÓÞɊŔŠŢÚṼŴẊÝŽ']

export function accented(text) {
  return text.replace(/\{\w+\}|[A-Za-z]/g, (found) => {
    if (found.length > 1) return `\u2068${found}\u2069`
    const letter = TO[FROM.indexOf(found)]
    return /[aeiou]/.test(found) ? letter + letter : letter
  })
}

const inPseudo = (said) =>
  typeof said === 'string' ? accented(said) : Object.fromEntries(['one', 'few', 'many', 'other'].map((form) => [form, accented(said[form] ?? said.other)]))

/** The page speaks so: the catalogue is changed on its way to the browser. Answers how a word is said. */
export async function speakPseudo(page, dir = 'ltr') {
  let spoken
  await page.route(/\/assets\/en-[^/]*\.js$/, async (route) => {
    const body = await (await route.fetch()).text()
    const module = await import(`data:text/javascript,${encodeURIComponent(body)}`)
    const [[name, english]] = Object.entries(module).filter(([, one]) => one?.words)
    const words = Object.fromEntries(Object.entries(english.words).map(([key, said]) => [key, inPseudo(said)]))
    spoken = words
    const text = `const told = ${JSON.stringify({ tag: 'ru', dir, words })}\nexport { told as ${name === 'default' ? 'default' : name} }`
    await route.fulfill({ contentType: 'text/javascript; charset=utf-8', body: text })
  })
  return (word) => spoken[word]
}

/** What is data, or said by the board in its own words. What is set in the face of code is never a sentence. */
const DATA = 'code, pre, kbd, .mono, bdi, time, meter, svg, script, style, noscript, .cm-editor, textarea, [translate=no], [lang=en]'

/** Texts and labels with a plain letter: nobody could translate them. */
export function untranslated(page) {
  return page.evaluate((data) => {
    const wrong = new Set()
    const known = new Set([...document.querySelectorAll(data)].map((one) => one.textContent.trim()))
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    let within = 0
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      let own = ''
      for (const letter of node.data) {
        if (letter === '\u2068') within++
        else if (letter === '\u2069') within--
        else if (within === 0) own += letter
      }
      if (/[A-Za-z]/.test(own) && !node.parentElement.closest(data)) wrong.add(`text: ${own.trim().slice(0, 80)} in ${node.parentElement.outerHTML.slice(0, 120)}`)
    }
    for (const one of document.querySelectorAll('body [aria-label], body [placeholder], body [title], body [alt]')) {
      for (const name of ['aria-label', 'placeholder', 'title', 'alt']) {
        const said = (one.getAttribute(name) ?? '').replace(/\u2068[^\u2069]*\u2069/g, '')
        if (/[A-Za-z]/.test(said) && !known.has(said.trim()) && !one.closest(data) && !(name === 'aria-label' && 'named' in one.dataset)) wrong.add(`${name}: ${said} of ${one.outerHTML.slice(0, 120)}`)
      }
    }
    return [...wrong]
  }, DATA)
}

/** Texts that do not fit where they stand: cut by a box that does not scroll, or beyond the one they belong to. */
export function cutOff(page) {
  return page.evaluate((data) => {
    const wrong = new Set()
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      const at = node.parentElement
      if (!/\p{L}/u.test(node.data) || at.closest(data) || at.closest('.out-of-sight, .skip, option, datalist, [hidden]')) continue
      if (!at.checkVisibility({ checkVisibilityCSS: true })) continue
      const range = document.createRange()
      range.selectNodeContents(node)
      const box = range.getBoundingClientRect()
      if (box.width === 0) continue
      const say = (why) => wrong.add(`${why}: ${node.data.trim().slice(0, 60)} in ${at.outerHTML.slice(0, 120)}`)
      const owner = at.closest('button, a, .badge, th, td, label, dt, dd, summary, h1, h2, h3, p, li')
      const edge = owner?.getBoundingClientRect()
      if (edge && getComputedStyle(owner).display !== 'inline' && (box.right > edge.right + 1.5 || box.left < edge.left - 1.5)) say('beyond its place')
      let scrolls = false
      for (let up = at; up && up !== document.documentElement; up = up.parentElement) {
        const style = getComputedStyle(up)
        const around = up.getBoundingClientRect()
        if (['hidden', 'clip'].includes(style.overflowX) && !scrolls && (box.right > around.right + 1.5 || box.left < around.left - 1.5)) say('cut')
        if (['hidden', 'clip'].includes(style.overflowY) && !scrolls && (box.bottom > around.bottom + 3 || box.top < around.top - 3)) say('cut below')
        if (['auto', 'scroll'].includes(style.overflowX)) scrolls = true
      }
      if (!scrolls && (box.right > innerWidth + 1.5 || box.left < -1.5)) say('beyond the screen')
    }
    return [...wrong]
  }, DATA)
}
