// Lines over time, drawn with nothing but SVG: they take the look's colours, and a pointer or the
// arrow keys tell the numbers of a moment.

import { useId, useState } from 'react'
import { t, plain, moment, list } from '../words/words'
import './line-chart.css'

export interface ChartLine {
  name: string
  points: (number | null)[]
}

interface LineChartProps {
  title: string
  /** Milliseconds since 1970. */
  times: number[]
  lines: ChartLine[]
  format?: (value: number) => string
  /** The least that the scale reaches to, so that noise around nothing looks like nothing. */
  atLeast?: number
}

const WIDTH = 640
const HEIGHT = 180
const LEFT = 52
const RIGHT = 8
const TOP = 8
const BOTTOM = 22
/** Colours that can be told apart; further lines are drawn without a name. */
export const LINES_MAX = 6

export function LineChart({ title, times, lines, format = plain, atLeast = 0 }: LineChartProps) {
  const id = useId()
  const [at, setAt] = useState<number>()
  const shown = lines.slice(0, LINES_MAX)
  const most = nice(Math.max(atLeast, ...shown.flatMap((line) => line.points.map((one) => one ?? 0))))
  const from = times[0] ?? 0
  const to = times.at(-1) ?? 1
  const x = (time: number) => LEFT + ((time - from) / Math.max(1, to - from)) * (WIDTH - LEFT - RIGHT)
  const y = (value: number) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM)
  const empty = times.length < 2 || shown.every((line) => line.points.every((one) => one === null))
  const last = (line: ChartLine) => line.points.findLast((one) => one !== null) ?? undefined
  const told = (line: ChartLine) => (at === undefined ? last(line) : (line.points[at] ?? undefined))
  const clock = (time: number) => {
    const date = new Date(time)
    return to - from > 36 * 3_600_000
      ? moment(date, { weekday: 'short', day: 'numeric' })
      : moment(date, { hour: '2-digit', minute: '2-digit' })
  }
  const near = (event: React.PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    const time = from + ((((event.clientX - box.left) / box.width) * WIDTH - LEFT) / (WIDTH - LEFT - RIGHT)) * (to - from)
    let best = 0
    for (let n = 1; n < times.length; n++) if (Math.abs((times[n] ?? 0) - time) < Math.abs((times[best] ?? 0) - time)) best = n
    setAt(best)
  }
  return (
    <figure className="card line-chart" aria-labelledby={id}>
      <figcaption id={id}>
        <strong>{title}</strong>
        <span className="quiet">{at !== undefined && times[at] ? moment(times[at]) : ''}</span>
      </figcaption>
      {empty ? (
        <p className="line-chart-empty quiet">{t('parts.nothingYetAPointIs')}</p>
      ) : (
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          role="img"
          tabIndex={0}
          aria-label={t('parts.chartSays', { title, lines: list(shown.map((line) => `${line.name} ${last(line) === undefined ? t('all.none') : format(last(line) ?? 0)}`)) })}
          onPointerMove={near}
          onPointerLeave={() => setAt(undefined)}
          onKeyDown={(event) => {
            if (event.key === 'ArrowLeft') setAt((n) => Math.max(0, (n ?? times.length) - 1))
            else if (event.key === 'ArrowRight') setAt((n) => Math.min(times.length - 1, (n ?? -1) + 1))
            else if (event.key === 'Escape') setAt(undefined)
            else return
            event.preventDefault()
          }}
        >
          {[0, 0.5, 1].map((share) => (
            <g key={share} className="line-chart-rule">
              <line x1={LEFT} x2={WIDTH - RIGHT} y1={y(most * share)} y2={y(most * share)} />
              <text x={LEFT - 6} y={y(most * share) + 4} textAnchor="end">
                {format(most * share)}
              </text>
            </g>
          ))}
          {[0, 0.25, 0.5, 0.75, 1].map((share) => (
            <text key={share} className="line-chart-time" x={LEFT + share * (WIDTH - LEFT - RIGHT)} y={HEIGHT - 6} textAnchor={share === 0 ? 'start' : share === 1 ? 'end' : 'middle'}>
              {clock(from + share * (to - from))}
            </text>
          ))}
          {shown.map((line, n) => (
            <path key={line.name} className="line-chart-line" data-n={n} d={path(times, line.points, x, y)} />
          ))}
          {at !== undefined && times[at] !== undefined && <line className="line-chart-here" x1={x(times[at])} x2={x(times[at])} y1={TOP} y2={HEIGHT - BOTTOM} />}
        </svg>
      )}
      {!empty && (
        <ul className="line-chart-names">
          {shown.map((line, n) => (
            <li key={line.name}>
              <span aria-hidden="true" className="line-chart-dot" data-n={n} />
              <bdi>{line.name}</bdi> <span className="number">{told(line) === undefined ? '' : format(told(line) ?? 0)}</span>
            </li>
          ))}
          {lines.length > LINES_MAX && <li className="quiet">{t('all.andMore', { count: lines.length - LINES_MAX })}</li>}
        </ul>
      )}
    </figure>
  )
}

export function Sparkline({ points, label }: { points: (number | null)[]; label: string }) {
  const known = points.filter((one): one is number => one !== null)
  if (known.length < 2) return <span className="sparkline" aria-hidden="true" />
  const most = Math.max(...known, Number.MIN_VALUE)
  const x = (n: number) => (n / (points.length - 1)) * 100
  const y = (value: number) => 27 - (value / most) * 24
  const times = points.map((_, n) => n)
  return (
    <svg className="sparkline" viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label={label}>
      <path d={path(times, points, x, y)} vectorEffect="non-scaling-stroke" />
    </svg>
  )
}

/** Broken where nothing is known. */
function path(times: number[], points: (number | null)[], x: (time: number) => number, y: (value: number) => number): string {
  let text = ''
  let pen = false
  for (const [n, point] of points.entries()) {
    if (point === null || times[n] === undefined) pen = false
    else {
      text += `${pen ? 'L' : 'M'}${x(times[n]).toFixed(1)} ${y(point).toFixed(1)}`
      pen = true
    }
  }
  return text
}

/** The next number that a person would write on a scale. */
function nice(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= value) ?? value
}
