// What walks share: a browser that forgives nothing, the way in, pictures, and the check of
// accessibility. Whatever the console says as an error, whatever the page's policy refuses and
// whatever leaves for another address fails the walk.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const need = createRequire(join(process.env.TOOLS, 'package.json'))
const { chromium } = need('playwright-core')
const axe = readFileSync(need.resolve('axe-core/axe.min.js'), 'utf8')
export const load = (name) => need(name)

export const URL_OF_BOARD = process.env.URL_OF_BOARD
export const ENGINE = process.env.ENGINE ?? 'sqlite'
/** What stands behind the address of a place: which source is looked at. */
export const WHERE = process.env.WHERE ?? ''
export const PROJECT = process.env.PROJECT ?? 'main'

/** Beyond what any step takes on a loaded machine. */
const WITHIN_MS = Number(process.env.WITHIN_MS ?? 60_000)

export const WIDE = { width: 1440, height: 900 }
export const NARROW = { width: 390, height: 844 }

export async function browser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
}

/** A page with nothing kept, whose complaints are gathered. */
export async function open(of, { size = WIDE, theme = 'light', state, locale = 'en-GB' } = {}) {
  const context = await of.newContext({ viewport: size, colorScheme: theme, storageState: state, reducedMotion: 'reduce', locale, timezoneId: 'UTC' })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: URL_OF_BOARD })
  const page = await context.newPage()
  page.setDefaultTimeout(WITHIN_MS)
  const complaints = []
  /** Refusals that a walk provokes on purpose are no complaint. */
  page.expected = []
  const complain = (text) => page.expected.some((one) => one.test(text)) || complaints.push(text)
  page.on('console', (message) => message.type() === 'error' && complain(`console: ${message.text()} ${message.location().url}`))
  page.on('pageerror', (error) => complain(`error: ${error.stack ?? error.message}`))
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== URL_OF_BOARD) complain(`a request to ${url.origin}`)
  })
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => console.error(`refused by the page's policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`))
  })
  page.complaints = complaints
  return page
}

export function content(page) {
  if (page.complaints.length > 0) throw new Error(`the browser complains:\n${page.complaints.join('\n')}`)
}

/** What `mobo` answers on the board's machine. */
export function mobo(...words) {
  return JSON.parse(execFileSync(process.env.MOBO, [...words, '--json'], { encoding: 'utf8' }))
}

/** What `mobo` answers comes to be so: a word on the screen may be of the step before. */
export async function becomes(ask, wanted) {
  const last = Date.now() + WITHIN_MS
  for (;;) {
    try {
      return assert.deepEqual(ask(), wanted)
    } catch (error) {
      if (Date.now() > last) throw error
    }
    await new Promise((again) => setTimeout(again, 100))
  }
}

export const link = () => URL_OF_BOARD + mobo('admin:link').path

/** In by a link, without making anybody. */
export async function comeIn(page) {
  await page.goto(link())
  const later = page.getByRole('button', { name: /only open the screen/ })
  const rail = page.getByRole('navigation', { name: 'Rooms' })
  await later.or(rail).first().waitFor()
  if (await later.isVisible()) await later.click()
  await rail.waitFor()
}

/** A place of the screen, with its content there. */
export async function go(page, path, { wait } = {}) {
  const [bare, query] = path.split('?')
  const search = [query, WHERE].filter(Boolean).join('&')
  await page.goto(URL_OF_BOARD + bare + (search ? `?${search}` : ''))
  await page.locator('main h1, main .data-tree').first().waitFor()
  await settled(page)
  if (wait) await page.locator(wait).first().waitFor()
}

/** Nothing says any more that it is being read. */
export async function settled(page) {
  await page.waitForFunction(() => document.querySelector('.waiting, .grid-waits') === null, undefined, { timeout: WITHIN_MS })
  await page.waitForTimeout(120)
}

/** Serious and critical violations fail; each is told with its place. */
export async function accessible(page, what) {
  await page.evaluate(axe)
  const found = await page.evaluate(async () => {
    const told = await globalThis.axe.run(document, { resultTypes: ['violations'] })
    return told.violations
      .filter((one) => ['serious', 'critical'].includes(one.impact))
      .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.target.join(' ')} ${node.failureSummary?.split('\n')[1] ?? ''}`).join(' | ')}`)
  })
  if (found.length > 0) throw new Error(`${what} is not accessible: ${found.join('\n')}`)
}

export async function picture(page, name) {
  mkdirSync(process.env.PICTURES, { recursive: true })
  await page.screenshot({ path: join(process.env.PICTURES, `${name}.png`) })
}

/** A picture of the book. Dates and keys in it are new each time, so one that is there stays until
    somebody wants others (UPDATE_GOLDEN). */
export async function bookPicture(page, name) {
  await picture(page, name)
  const file = join(process.env.BOOK_PICTURES, `${name}.png`)
  if (existsSync(file) && !process.env.UPDATE_GOLDEN) return
  mkdirSync(process.env.BOOK_PICTURES, { recursive: true })
  copyFileSync(join(process.env.PICTURES, `${name}.png`), file)
}

/** Runs a walk; a failed one leaves a picture of where it stood. */
export async function walk(steps) {
  const chrome = await browser()
  let page
  try {
    page = await open(chrome)
    await steps(page, chrome)
    content(page)
  } catch (error) {
    if (page && !page.isClosed()) {
      await picture(page, `failed-${process.env.WALK}-${ENGINE}`).catch(() => {})
      console.error(`complaints so far: ${JSON.stringify(page.complaints)}`)
      console.error(`at ${page.url()}`)
    }
    throw error
  } finally {
    await chrome.close()
  }
}

export const step = async (name, work) => {
  try {
    return await work()
  } catch (error) {
    error.message = `${name}: ${error.message}`
    throw error
  }
}

export { assert }
