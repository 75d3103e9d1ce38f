// Traffic, mistakes, speed and cost at a glance, each with how it went in the last hour.

import { Link } from '@tanstack/react-router'
import { plain, Sparkline } from '../../parts/line-chart'
import { bytes, linesOf, ms, sumOf, useHistory } from '../../parts/use-history'

const lastOf = (points: (number | null)[]) => points.findLast((one) => one !== null) ?? undefined

export function VitalSigns({ memory }: { memory?: number | null }) {
  const history = useHistory('hour')
  const told = history.data
  const requests = sumOf(told, 'requests')
  const failed = sumOf(told, 'answers', (of) => of.status === '5xx')
  const slowest = (told?.times ?? []).map((_, n) => {
    const known = (told?.lines ?? []).filter((one) => one.name === 'latency_p95').map((one) => one.points[n]).filter((one): one is number => one !== null && one !== undefined)
    return known.length > 0 ? Math.max(...known) : null
  })
  const held = linesOf(told, 'memory')[0]?.points ?? []
  const cpu = linesOf(told, 'cpu')[0]?.points ?? []
  const signs = [
    { name: 'Requests', points: requests, text: lastOf(requests) === undefined ? '…' : `${plain(lastOf(requests) ?? 0)}/s` },
    { name: 'Failed answers', points: failed, text: `${plain(lastOf(failed) ?? 0)}/s`, bad: (lastOf(failed) ?? 0) > 0 },
    { name: '95 % answered in', points: slowest, text: lastOf(slowest) === undefined ? 'nobody asked' : ms(lastOf(slowest) ?? 0) },
    { name: 'Memory', points: held, text: bytes(lastOf(held) ?? memory ?? 0) },
    { name: 'Processor', points: cpu, text: lastOf(cpu) === undefined ? '…' : `${plain((lastOf(cpu) ?? 0) * 100)} %` },
  ]
  return (
    <section aria-label="Vital signs" className="signs">
      {signs.map((one) => (
        <Link key={one.name} to="/events" search={{ show: 'charts' } as never} className="sign" data-bad={one.bad || undefined}>
          <span className="sign-name">{one.name}</span>
          <span className="sign-text">{one.text}</span>
          <Sparkline points={one.points} label={`${one.name} in the last hour`} />
        </Link>
      ))}
    </section>
  )
}
