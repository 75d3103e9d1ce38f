// Numbers over time: how much is asked, how fast it is answered, what it costs the machine; and who
// asks for what.

import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { call } from '../../api/client'
import { Ago } from '../../parts/ago'
import { LineChart } from '../../parts/line-chart'
import { Trouble } from '../../parts/trouble'
import { linesOf, type Span, useHistory } from '../../parts/use-history'
import { Waiting } from '../../parts/waiting'
import { useSources } from '../../parts/where'
import { t, number, plain, percent, bytes, ms, type Plain } from '../../words/words'

const SPANS: { span: Span; name: Plain }[] = [
  { span: 'hour', name: 'events.span.hour' },
  { span: 'day', name: 'events.span.day' },
  { span: 'week', name: 'events.span.week' },
]
const perSecond = (value: number) => t('all.perSecond', { value: plain(value) })
const share = (value: number) => percent(value, 1)

export function Charts() {
  const [span, setSpan] = useState<Span>('hour')
  const { history: told, cut } = useHistory(span)
  const [door, setDoor] = useState<string>()
  if (!told) return cut ? <Trouble error={new Error(cut)} /> : <Waiting what={t('events.readingTheNumbers')} />
  const times = told.times.map((one) => Date.parse(one))
  const doors = [...new Set(told.lines.filter((one) => one.name === 'latency_p95').map((one) => one.of.door ?? ''))]
  const chosen = door ?? doors.find((one) => one === 'rest') ?? doors[0]
  const latency = ['latency_p50', 'latency_p95', 'latency_p99'].flatMap((name, n) => {
    const line = told.lines.find((one) => one.name === name && one.of.door === chosen)
    return line ? [{ name: [t('events.half'), percent(0.95), percent(0.99)][n] ?? name, points: line.points as (number | null)[] }] : []
  })
  const answers = linesOf(told, 'answers').filter((one) => one.points.some((point) => point !== null && point > 0))
  return (
    <div className="stack">
      <div className="row">
        <div className="tabs" role="group" aria-label={t('events.howFarBack')}>
          {SPANS.map((one) => (
            <button key={one.span} type="button" aria-current={one.span === span ? 'page' : undefined} onClick={() => setSpan(one.span)}>
              {t(one.name)}
            </button>
          ))}
        </div>
        {doors.length > 1 && (
          <label>
            {t('events.latencyOf')}{' '}
            <select className="input events-choice" value={chosen} onChange={(event) => setDoor(event.target.value)}>
              {doors.map((one) => (
                <option key={one} translate="no">{one}</option>
              ))}
            </select>
          </label>
        )}
        <span role="status">{cut && <span className="badge" data-kind="warn">{cut}</span>}</span>
      </div>
      <div className="charts">
        <LineChart title={t('events.requestsByDoor')} times={times} lines={linesOf(told, 'requests')} format={perSecond} atLeast={1} />
        <LineChart title={chosen ? t('events.latencyOfDoor', { door: chosen }) : t('events.latency')} times={times} lines={latency} format={ms} atLeast={1} />
        <LineChart title={t('events.answersByStatus')} times={times} lines={answers} format={perSecond} atLeast={1} />
        <LineChart title={t('events.callsOfDatabases')} times={times} lines={linesOf(told, 'calls')} format={perSecond} atLeast={1} />
        <LineChart title={t('events.databaseCallsTake', { share: percent(0.95) })} times={times} lines={linesOf(told, 'call_p95')} format={ms} atLeast={1} />
        <LineChart title={t('events.rowsReadAndWritten')} times={times} lines={linesOf(told, 'rows')} format={perSecond} atLeast={1} />
        <LineChart title={t('all.memory')} times={times} lines={linesOf(told, 'memory', t('events.held'))} format={bytes} atLeast={1e6} />
        <LineChart title={t('all.processor')} times={times} lines={linesOf(told, 'cpu', t('events.ofOneCore'))} format={share} atLeast={0.1} />
        <LineChart title={t('events.openConnectionsAndFiles')} times={times} lines={[...linesOf(told, 'connections', t('events.connections')), ...linesOf(told, 'files', t('events.files'))]} atLeast={10} />
        <LineChart title={t('events.journalOfFacts')} times={times} lines={linesOf(told, 'journal', t('events.onTheDisk'))} format={bytes} atLeast={1e5} />
      </div>
      <Usage beat={told.times.at(-1)} />
      <Sizes />
      <Slow />
    </div>
  )
}

/** Counted again with each point of the charts above. */
function Usage({ beat }: { beat?: string }) {
  const [hours, setHours] = useState(24)
  const usage = useQuery({ queryKey: ['metrics:usage', hours], queryFn: () => call('metrics:usage', { hours }), staleTime: 10_000 })
  const again = usage.refetch
  useEffect(() => {
    if (beat) void again()
  }, [beat, again])
  const keys = useQuery({ queryKey: ['key:list', undefined], queryFn: () => call('key:list', {}) })
  const nameOf = (id?: string | null) => (id ? (keys.data?.keys.find((one) => one.id === id)?.name ?? id) : '')
  return (
    <section className="card stack" aria-label={t('events.usage')}>
      <div className="row-apart">
        <h2>{t('events.whoAsksForWhat')}</h2>
        <select className="input events-choice" aria-label={t('events.howFarBack')} value={hours} onChange={(event) => setHours(Number(event.target.value))}>
          <option value={1}>{t('events.thisHour')}</option>
          <option value={24}>{t('events.span.day')}</option>
        </select>
      </div>
      {usage.isError && <Trouble error={usage.error} />}
      {usage.data?.routes.length === 0 && <p className="quiet">{t('events.noAppHasAskedFor')}</p>}
      {usage.data && usage.data.routes.length > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-label={t('events.usageByRouteAndKey')}>
          <table className="table">
            <thead>
              <tr>
                <th>{t('events.door')}</th>
                <th>{t('events.route')}</th>
                <th>{t('events.key')}</th>
                <th className="number">{t('all.requests')}</th>
                <th className="number">{t('events.refused')}</th>
                <th className="number">{t('events.failed')}</th>
                <th className="number">{t('events.onAverage')}</th>
                <th className="number">{t('events.slowest')}</th>
              </tr>
            </thead>
            <tbody>
              {usage.data.routes.slice(0, 100).map((one, n) => (
                <tr key={n}>
                  <td translate="no">{one.door}</td>
                  <td className="mono">
                    {one.method} <bdi>{one.route}</bdi> {one.project && <span className="badge" translate="no">{one.project}</span>}
                  </td>
                  <td translate="no">{nameOf(one.key)}</td>
                  <td className="number">{number(one.calls)}</td>
                  <td className="number">{number(one.refused)}</td>
                  <td className="number">{one.failed > 0 ? <span className="badge" data-kind="bad">{number(one.failed)}</span> : 0}</td>
                  <td className="number">{ms(one.took_ms)}</td>
                  <td className="number">{ms(one.slowest_ms)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

/** More are the tail of a list that nobody reads. */
const SIZES = 12

function Sizes() {
  const sources = useSources()
  const all = sources.data?.sources ?? []
  const sizes = useQuery({
    queryKey: ['sizes', all.map((one) => `${one.project}/${one.source}`)],
    enabled: sources.isSuccess,
    queryFn: async () => {
      const told = await Promise.allSettled(all.map((one) => call('schema:show', { project: one.project, source: one.source, all: true })))
      return told
        .flatMap((one) => (one.status === 'fulfilled' ? (one.value.tables ?? []).map((table) => ({ at: one.value.at, name: table.schema === 'public' ? table.name : `${table.schema}.${table.name}`, bytes: table.size_bytes ?? 0 })) : []))
        .sort((a, b) => b.bytes - a.bytes)
    },
  })
  const shown = sizes.data?.slice(0, SIZES) ?? []
  const most = Math.max(shown[0]?.bytes ?? 0, 1)
  const whole = (sizes.data ?? []).reduce((sum, one) => sum + one.bytes, 0)
  if (shown.length === 0) return null
  return (
    <section className="card stack" aria-label={t('events.sizes')}>
      <div className="row-apart">
        <h2>{t('events.whatTakesRoom')}</h2>
        <span className="quiet">{t('events.sizeInTables', { size: bytes(whole), count: sizes.data?.length ?? 0 })}</span>
      </div>
      <ul className="sizes">
        {shown.map((one) => (
          <li key={`${one.at}/${one.name}`}>
            <span className="cut">
              <bdi>{one.name}</bdi> <span className="quiet" translate="no">{one.at}</span>
            </span>
            <meter min={0} max={most} value={one.bytes} aria-label={`${one.name}: ${bytes(one.bytes)}`} />
            <span className="number">{bytes(one.bytes)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Slow() {
  const sources = useSources()
  const all = sources.data?.sources ?? []
  const [at, setAt] = useState('')
  const chosen = all.find((one) => `${one.project}/${one.source}` === at) ?? all.find((one) => one.primary)
  const slow = useQuery({
    queryKey: ['source:slow', chosen?.project, chosen?.source],
    enabled: chosen !== undefined,
    queryFn: () => call('source:slow', { project: chosen?.project, source: chosen?.source }),
    staleTime: 10_000,
  })
  return (
    <section className="card stack" aria-label={t('events.slowCalls')}>
      <div className="row-apart">
        <h2>{t('events.slowCalls')}</h2>
        {all.length > 1 && (
          <select className="input events-choice" aria-label={t('all.source')} value={chosen ? `${chosen.project}/${chosen.source}` : ''} onChange={(event) => setAt(event.target.value)}>
            {all.map((one) => (
              <option key={`${one.project}/${one.source}`} translate="no">{`${one.project}/${one.source}`}</option>
            ))}
          </select>
        )}
      </div>
      {slow.isError && <Trouble error={slow.error} />}
      {slow.data?.calls.length === 0 && <p className="quiet">{t('events.noneSlower', { time: ms(slow.data.threshold_ms) })}</p>}
      {slow.data && slow.data.calls.length > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-label={t('events.callsThatTookLong')}>
          <table className="table">
            <thead>
              <tr>
                <th>{t('events.when')}</th>
                <th>{t('events.what')}</th>
                <th>{t('events.as')}</th>
                <th>{t('all.who')}</th>
                <th className="number">{t('all.rowsSmall')}</th>
                <th className="number">{t('events.took')}</th>
              </tr>
            </thead>
            <tbody>
              {slow.data.calls.map((one, n) => (
                <tr key={n}>
                  <td>
                    <Ago at={one.at} />
                  </td>
                  <td>
                    <span translate="no">{one.kind}</span> <span className="mono">{one.tables.join(', ')}</span> {one.error && <span className="badge" data-kind="bad" lang="en">{one.error}</span>}
                  </td>
                  <td className="mono">{one.role}</td>
                  <td translate="no">{one.actor}</td>
                  <td className="number">{number(one.rows)}</td>
                  <td className="number">{ms(one.took_ms)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

