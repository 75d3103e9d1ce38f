// Traffic, mistakes, speed and cost at a glance, each with how it went in the last hour.

import { Link } from '@tanstack/react-router'
import { Sparkline } from '../../parts/line-chart'
import { linesOf, sumOf, useHistory } from '../../parts/use-history'
import { t, plain, percent, bytes, ms } from '../../words/words'

const lastOf = (points: (number | null)[]) => points.findLast((one) => one !== null) ?? undefined

export function VitalSigns({ memory }: { memory?: number | null }) {
  const { history: told, cut } = useHistory('hour')
  const requests = sumOf(told, 'requests')
  const failed = sumOf(told, 'answers', (of) => of.status === '5xx')
  const slowest = (told?.times ?? []).map((_, n) => {
    const known = (told?.lines ?? []).filter((one) => one.name === 'latency_p95').map((one) => one.points[n]).filter((one): one is number => one !== null && one !== undefined)
    return known.length > 0 ? Math.max(...known) : null
  })
  const held = linesOf(told, 'memory')[0]?.points ?? []
  const cpu = linesOf(told, 'cpu')[0]?.points ?? []
  const signs = [
    { name: t('all.requests'), points: requests, text: lastOf(requests) === undefined ? '…' : t('all.perSecond', { value: plain(lastOf(requests) ?? 0) }) },
    { name: t('board.failedAnswers'), points: failed, text: t('all.perSecond', { value: plain(lastOf(failed) ?? 0) }), bad: (lastOf(failed) ?? 0) > 0 },
    { name: t('board.answeredIn', { share: percent(0.95) }), points: slowest, text: lastOf(slowest) === undefined ? t('board.nobodyAsked') : ms(lastOf(slowest) ?? 0) },
    { name: t('all.memory'), points: held, text: bytes(lastOf(held) ?? memory ?? 0) },
    { name: t('all.processor'), points: cpu, text: lastOf(cpu) === undefined ? '…' : percent(lastOf(cpu) ?? 0, 1) },
  ]
  return (
    <section aria-label={t('board.vitalSigns')} className="signs">
      {cut && (
        <p className="badge sign-cut" data-kind="warn" role="status">
          {cut}
        </p>
      )}
      {signs.map((one) => (
        <Link key={one.name} to="/events" search={{ show: 'charts' } as never} className="sign" data-bad={one.bad || undefined}>
          <span className="sign-name">{one.name}</span>
          <span className="sign-text">{one.text}</span>
          <Sparkline points={one.points} label={t('board.inTheLastHour', { what: one.name })} />
        </Link>
      ))}
    </section>
  )
}
