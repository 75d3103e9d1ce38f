// A quick chart of a result: its first column against its first column of numbers.

interface ChartProps {
  columns: string[]
  rows: unknown[][]
}

/** Bars beyond these cannot be told apart. */
const BARS = 40

const numeric = (value: unknown) => typeof value === 'number' || (typeof value === 'string' && value !== '' && Number.isFinite(Number(value)))

export function canChart({ columns, rows }: ChartProps): boolean {
  return columns.length >= 2 && rows.length > 1 && columns.slice(1).some((_, n) => rows.every((row) => row[n + 1] === null || numeric(row[n + 1])))
}

export function Chart({ columns, rows }: ChartProps) {
  const at = 1 + columns.slice(1).findIndex((_, n) => rows.every((row) => row[n + 1] === null || numeric(row[n + 1])))
  const bars = rows.slice(0, BARS).map((row) => ({ name: String(row[0] ?? 'null'), value: Number(row[at] ?? 0) }))
  const most = Math.max(...bars.map((bar) => Math.abs(bar.value)), 1)
  return (
    <figure className="card chart">
      <figcaption>
        {columns[at]} by {columns[0]}
        {rows.length > BARS && `, the first ${BARS}`}
      </figcaption>
      <ul>
        {bars.map((bar, n) => (
          <li key={n}>
            <bdi className="chart-name">{bar.name}</bdi>
            <meter min={0} max={most} value={Math.abs(bar.value)} />
            <span className="number">{bar.value.toLocaleString()}</span>
          </li>
        ))}
      </ul>
    </figure>
  )
}
