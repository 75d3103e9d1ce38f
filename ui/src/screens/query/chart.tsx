// A quick chart of a result: one column against another, as bars or, over time, as lines.

import { useState } from 'react'
import { LineChart } from '../../parts/line-chart'
import { t, number } from '../../words/words'

interface ChartProps {
  columns: string[]
  rows: unknown[][]
}

/** Bars beyond these cannot be told apart. */
const BARS = 40

const numeric = (value: unknown) => typeof value === 'number' || (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)))
const isNumbers = (rows: unknown[][], n: number) => rows.some((row) => row[n] !== null) && rows.every((row) => row[n] === null || row[n] === undefined || numeric(row[n]))
const isTimes = (rows: unknown[][], n: number) => rows.every((row) => typeof row[n] === 'string' && /^\d{4}-\d\d/.test(row[n]) && !Number.isNaN(Date.parse(row[n])))

export const canChart = ({ columns, rows }: ChartProps) => rows.length > 1 && columns.length > 1 && columns.some((_, n) => isNumbers(rows, n))

export function Chart({ columns, rows }: ChartProps) {
  const numbers = columns.map((_, n) => n).filter((n) => isNumbers(rows, n))
  const [along, setAlong] = useState(() => columns.findIndex((_, n) => !numbers.includes(n)))
  const [up, setUp] = useState(numbers.find((n) => n !== 0) ?? numbers[0] ?? 0)
  const from = along < 0 ? 0 : along
  const over = isTimes(rows, from)
  const bars = rows.slice(0, BARS).map((row) => ({ name: String(row[from] ?? 'null'), value: Number(row[up] ?? 0) }))
  const most = Math.max(...bars.map((bar) => Math.abs(bar.value)), Number.MIN_VALUE)
  const sorted = over ? [...rows].sort((a, b) => Date.parse(String(a[from])) - Date.parse(String(b[from]))) : rows
  return (
    <section className="card stack chart" aria-label={t('query.chart')}>
      <div className="row">
        <label>
          <span className="quiet">{t('query.along')} </span>
          <select className="input where" value={from} onChange={(event) => setAlong(Number(event.target.value))}>
            {columns.map((name, n) => (
              <option key={n} value={n} translate="no">
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span className="quiet">{t('query.up')} </span>
          <select className="input where" value={up} onChange={(event) => setUp(Number(event.target.value))}>
            {numbers.map((n) => (
              <option key={n} value={n} translate="no">
                {columns[n]}
              </option>
            ))}
          </select>
        </label>
        {rows.length > BARS && !over && <span className="quiet">{t('query.theFirst', { count: BARS })}</span>}
      </div>
      {over ? (
        <LineChart
          title={t('query.over', { what: columns[up] ?? '', along: columns[from] ?? '' })}
          times={sorted.map((row) => Date.parse(String(row[from])))}
          lines={[{ name: columns[up] ?? '', points: sorted.map((row) => (row[up] === null ? null : Number(row[up]))) }]}
        />
      ) : (
        <ul className="bars">
          {bars.map((bar, n) => (
            <li key={n}>
              <bdi className="chart-name">{bar.name}</bdi>
              <meter min={0} max={most} value={Math.abs(bar.value)} aria-label={bar.name} />
              <span className="number">{number(bar.value)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
