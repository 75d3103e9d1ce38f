// One line to the board that everybody on the screen shares who looks at the same numbers. It is open
// while somebody looks: it ends with the last one, and while the page is hidden. A line that was cut, or
// that is silent for too long, is begun anew, ever later; meanwhile whoever looks is told so.

import type { Output } from '../api/client'
import { t } from '../words/words'

export type Span = 'hour' | 'day' | 'week'
export type History = Output<'metrics:history'>

export interface Seen {
  history?: History
  /** Why nothing new comes just now. */
  cut?: string
}

const SECONDS: Record<Span, number> = { hour: 3_600, day: 86_400, week: 604_800 }
/** The first try comes soon, as a board that restarts is back within a second; later ones spare it. */
const AGAIN_MS = [500, 1_000, 2_000, 5_000, 10_000, 30_000]
/** So many points may be late before the line counts as dead: a network that is gone says nothing. */
const LATE = 3
/** A room that is left for another one with charts keeps its line. */
const LINGERS_MS = 300

class Stream {
  private seen: Seen = {}
  private readonly listeners = new Set<() => void>()
  private source: EventSource | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private tries = 0
  /** The first item of a line is all that is known. */
  private whole = true

  constructor(private readonly span: Span) {
    document.addEventListener('visibilitychange', () => this.settle())
  }

  readonly listen = (hear: () => void) => {
    this.listeners.add(hear)
    this.settle()
    return () => {
      this.listeners.delete(hear)
      setTimeout(() => this.settle(), LINGERS_MS)
    }
  }

  readonly now = () => this.seen

  /** Begins what shall run and does not, and ends what runs and shall not. */
  private settle() {
    const wanted = this.listeners.size > 0 && !document.hidden
    if (wanted && !this.source && !this.timer) this.begin()
    if (!wanted) this.end()
  }

  private begin() {
    this.timer = undefined
    this.whole = true
    const source = new EventSource(`/admin/v1/read/${encodeURIComponent('metrics:tail')}?span=${this.span}`)
    this.source = source
    source.addEventListener('item', (event) => this.hear(JSON.parse((event as MessageEvent<string>).data) as History))
    source.addEventListener('problem', (event) => {
      const told = JSON.parse((event as MessageEvent<string>).data) as { detail?: string }
      this.again(told.detail ?? t('trouble.lineRefused'))
    })
    // The part that tells it has left: the one that follows it goes on.
    source.addEventListener('answer', () => this.again(t('trouble.lineCut')))
    source.onerror = () => this.again(t('trouble.lineCut'))
    this.wait(SECONDS.hour / 360)
  }

  private hear(item: History) {
    this.tries = 0
    this.tell({ history: this.whole || !this.seen.history ? item : joined(this.seen.history, item, SECONDS[this.span]) })
    this.whole = false
    this.wait(item.every_s)
  }

  private wait(every: number) {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.again(t('trouble.lineCut')), every * LATE * 1_000)
  }

  private again(why: string) {
    this.end()
    this.tell({ ...this.seen, cut: why })
    if (this.listeners.size === 0 || document.hidden) return
    this.timer = setTimeout(() => this.begin(), AGAIN_MS[Math.min(this.tries++, AGAIN_MS.length - 1)])
  }

  private end() {
    clearTimeout(this.timer)
    this.timer = undefined
    this.source?.close()
    this.source = undefined
  }

  private tell(seen: Seen) {
    this.seen = seen
    for (const hear of this.listeners) hear()
  }
}

const streams = new Map<Span, Stream>()

export function streamOf(span: Span): Stream {
  let stream = streams.get(span)
  if (!stream) {
    stream = new Stream(span)
    streams.set(span, stream)
  }
  return stream
}

/** What was known, and what came; no more of it than the span is long. A line that one of them lacks was
    not known then. */
export function joined(before: History, fresh: History, seconds: number): History {
  const times = [...before.times, ...fresh.times]
  const most = Math.ceil(seconds / before.every_s)
  const cut = Math.max(0, times.length - most)
  const idOf = (line: History['lines'][number]) => `${line.name} ${JSON.stringify(line.of)}`
  const later = new Map(fresh.lines.map((line) => [idOf(line), line]))
  const nothing = (many: number) => Array<null>(many).fill(null)
  const lines = before.lines.map((line) => {
    const own = later.get(idOf(line))
    later.delete(idOf(line))
    return { ...line, points: [...line.points, ...(own?.points ?? nothing(fresh.times.length))].slice(cut) }
  })
  for (const line of later.values()) lines.push({ ...line, points: [...nothing(before.times.length), ...line.points].slice(cut) })
  return { ...before, times: times.slice(cut), lines }
}
