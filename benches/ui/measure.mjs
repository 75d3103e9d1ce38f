// Measures the screen in a browser; what is found goes to the standard output as JSON.

import { createRequire } from 'node:module'
import { join } from 'node:path'

const need = createRequire(join(process.env.TOOLS, 'package.json'))
const { chromium } = need('playwright-core')
const url = process.env.URL_OF_BOARD
const rows = Number(process.env.ROWS)
/** Loads with nothing kept, of which the middle one counts. */
const LOADS = 7
/** Long enough that a pause of the collector is in it. */
const SCROLLED_MS = 6_000

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] })
const middle = (all) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)]

/** A first visit: bytes as they travel, and when something is seen. */
async function load() {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  const line = await context.newCDPSession(page)
  await line.send('Network.enable')
  let bytes = 0
  line.on('Network.loadingFinished', (told) => (bytes += told.encodedDataLength))
  await page.goto(url, { waitUntil: 'networkidle' })
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime)
  await context.close()
  return { bytes, paint }
}

const loads = []
for (let n = 0; n < LOADS; n++) loads.push(await load())

const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
const page = await context.newPage()
await page.goto(url + process.env.LINK)
const later = page.getByRole('button', { name: /only open the screen/ })
const rail = page.getByRole('navigation', { name: 'Rooms' })
await later.or(rail).first().waitFor()
if (await later.isVisible()) await later.click()
await rail.waitFor()
await page.goto(`${url}/data/public/wide`)
await page.locator('.grid-cell').first().waitFor()
await page.waitForFunction((least) => Number(document.querySelector('.grid')?.getAttribute('aria-rowcount')) > least, rows * 0.9, { timeout: 60_000 })

const line = await context.newCDPSession(page)
// The processor's time of the page's thread, which is the same on a machine that has other work to do.
await line.send('Performance.enable', { timeDomain: 'threadTicks' })
const worked = async () => (await line.send('Performance.getMetrics')).metrics.find((one) => one.name === 'TaskDuration').value * 1000

/** Frames while something scrolls. */
async function frames(scroll) {
  const before = await worked()
  await page.evaluate(() => {
    const own = []
    globalThis.frames = own
    // Each count is by itself: an earlier one ends at its next frame.
    const tick = (at) => {
      if (globalThis.frames !== own) return
      own.push(at)
      requestAnimationFrame(tick)
    }
    requestAnimationFrame(tick)
  })
  await scroll()
  const times = await page.evaluate(() => {
    const own = globalThis.frames
    globalThis.frames = undefined
    return own
  })
  const gaps = times.slice(1).map((at, n) => at - times[n])
  gaps.sort((a, b) => a - b)
  return { perSecond: ((times.length - 1) * 1000) / (times.at(-1) - times[0]), slow: gaps[Math.floor(gaps.length * 0.99)], work: ((await worked()) - before) / (times.length - 1) }
}

const box = await page.locator('.grid').boundingBox()
const wheel = await frames(() =>
  line.send('Input.synthesizeScrollGesture', {
    x: box.x + box.width / 2,
    y: box.y + box.height / 2,
    yDistance: -SCROLLED_MS * 6,
    speed: 6_000,
    gestureSourceType: 'mouse',
  }),
)
// From the first row to the last and back, as somebody pulls the bar.
const bar = await frames(() =>
  page.evaluate(
    (long) =>
      new Promise((done) => {
        const grid = document.querySelector('.grid')
        const began = performance.now()
        const step = (at) => {
          const share = (at - began) / long
          if (share >= 1) return done()
          grid.scrollTop = (grid.scrollHeight - grid.clientHeight) * (share < 0.5 ? share * 2 : 2 - share * 2)
          requestAnimationFrame(step)
        }
        requestAnimationFrame(step)
      }),
    SCROLLED_MS,
  ),
)
const began = Date.now()
await page.evaluate(() => {
  const grid = document.querySelector('.grid')
  grid.scrollTop = grid.scrollHeight / 2
})
await page.waitForTimeout(20)
await page.waitForFunction(() => document.querySelector('.grid-waits') === null)
const jump = Date.now() - began

await browser.close()
console.log(
  JSON.stringify({
    shell: middle(loads.map((one) => one.bytes)),
    paint: middle(loads.map((one) => one.paint)),
    wheel: wheel.perSecond,
    wheel_slow_ms: wheel.slow,
    wheel_work_ms: wheel.work,
    bar: bar.perSecond,
    bar_slow_ms: bar.slow,
    bar_work_ms: bar.work,
    jump,
  }),
)
