// When, as people say it; the exact moment is one look away.

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
]
const words = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' })

export function Ago({ at }: { at: string }) {
  const then = new Date(at)
  const ms = then.getTime() - Date.now()
  const step = STEPS.find(([, size]) => Math.abs(ms) >= size)
  const text = step ? words.format(Math.round(ms / step[1]), step[0]) : 'now'
  return (
    <time dateTime={at} title={then.toLocaleString()}>
      {text}
    </time>
  )
}
