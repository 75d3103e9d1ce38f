// Numbers over time: how much is asked, how fast it is answered, what it costs the machine; and who
// asks for what.

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client'
import { Ago } from '../../parts/ago'
import { LineChart, plain } from '../../parts/line-chart'
import { Trouble } from '../../parts/trouble'
import { bytes, linesOf, ms, type Span, useHistory } from '../../parts/use-history'
import { Waiting } from '../../parts/waiting'
import { useSources } from '../../parts/where'

const SPANS: { span: Span; name: string }[] = [
  { span: 'hour', name: 'an hour' },
  { span: 'day', name: 'a day' },
  { span: 'week', name: 'a week' },
]
const perSecond = (value: number) => `${plain(value)}/s`
const share = (value: number) => `${plain(value * 100)} %`

export function Charts() {
  const [span, setSpan] = useState<Span>('hour')
  const history = useHistory(span)
  const [door, setDoor] = useState<string>()
  if (history.isPending) return <Waiting what="the numbers" />
  if (history.isError) return <Trouble error={history.error} again={() => history.refetch()} />
  const told = history.data
  const times = told.times.map((one) => Date.parse(one))
  const doors = [...new Set(told.lines.filter((one) => one.name === 'latency_p95').map((one) => one.of.door ?? ''))]
  const chosen = door ?? doors.find((one) => one === 'rest') ?? doors[0]
  const latency = ['latency_p50', 'latency_p95', 'latency_p99'].flatMap((name, n) => {
    const line = told.lines.find((one) => one.name === name && one.of.door === chosen)
    return line ? [{ name: ['half', '95 %', '99 %'][n] ?? name, points: line.points as (number | null)[] }] : []
  })
  const answers = linesOf(told, 'answers').filter((one) => one.points.some((point) => point !== null && point > 0))
  return (
    <div className="stack">
      <div className="row">
        <div className="tabs" role="group" aria-label="How far back">
          {SPANS.map((one) => (
            <button key={one.span} type="button" aria-current={one.span === span ? 'page' : undefined} onClick={() => setSpan(one.span)}>
              {one.name}
            </button>
          ))}
        </div>
        {doors.length > 1 && (
          <label>
            Latency of{' '}
            <select className="input events-choice" value={chosen} onChange={(event) => setDoor(event.target.value)}>
              {doors.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
        )}
      </div>
      <div className="charts">
        <LineChart title="Requests by door" times={times} lines={linesOf(told, 'requests')} format={perSecond} atLeast={1} />
        <LineChart title={`Latency${chosen ? ` of ${chosen}` : ''}`} times={times} lines={latency} format={ms} atLeast={1} />
        <LineChart title="Answers by status" times={times} lines={answers} format={perSecond} atLeast={1} />
        <LineChart title="Calls of databases" times={times} lines={linesOf(told, 'calls')} format={perSecond} atLeast={1} />
        <LineChart title="95 % of database calls take" times={times} lines={linesOf(told, 'call_p95')} format={ms} atLeast={1} />
        <LineChart title="Rows read and written" times={times} lines={linesOf(told, 'rows')} format={perSecond} atLeast={1} />
        <LineChart title="Memory" times={times} lines={linesOf(told, 'memory', 'held')} format={bytes} atLeast={1e6} />
        <LineChart title="Processor" times={times} lines={linesOf(told, 'cpu', 'of one core')} format={share} atLeast={0.1} />
        <LineChart title="Open connections and files" times={times} lines={[...linesOf(told, 'connections', 'connections'), ...linesOf(told, 'files', 'files')]} atLeast={10} />
        <LineChart title="Journal of facts" times={times} lines={linesOf(told, 'journal', 'on the disk')} format={bytes} atLeast={1e5} />
      </div>
      <Usage />
      <Sizes />
      <Slow />
    </div>
  )
}

function Usage() {
  const [hours, setHours] = useState(24)
  const usage = useQuery({ queryKey: ['metrics:usage', hours], queryFn: () => call('metrics:usage', { hours }), staleTime: 10_000 })
  const keys = useQuery({ queryKey: ['key:list', undefined], queryFn: () => call('key:list', {}) })
  const nameOf = (id?: string | null) => (id ? (keys.data?.keys.find((one) => one.id === id)?.name ?? id) : '')
  return (
    <section className="card stack" aria-label="Usage">
      <div className="row-apart">
        <h2>Who asks for what</h2>
        <select className="input events-choice" aria-label="How far back" value={hours} onChange={(event) => setHours(Number(event.target.value))}>
          <option value={1}>this hour</option>
          <option value={24}>a day</option>
        </select>
      </div>
      {usage.isError && <Trouble error={usage.error} />}
      {usage.data?.routes.length === 0 && <p className="quiet">No app has asked for anything yet.</p>}
      {usage.data && usage.data.routes.length > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-label="Usage by route and key">
          <table className="table">
            <thead>
              <tr>
                <th>Door</th>
                <th>Route</th>
                <th>Key</th>
                <th className="number">Requests</th>
                <th className="number">Refused</th>
                <th className="number">Failed</th>
                <th className="number">On average</th>
                <th className="number">Slowest</th>
              </tr>
            </thead>
            <tbody>
              {usage.data.routes.slice(0, 100).map((one, n) => (
                <tr key={n}>
                  <td>{one.door}</td>
                  <td className="mono">
                    {one.method} <bdi>{one.route}</bdi> {one.project && <span className="badge">{one.project}</span>}
                  </td>
                  <td>{nameOf(one.key)}</td>
                  <td className="number">{one.calls.toLocaleString()}</td>
                  <td className="number">{one.refused.toLocaleString()}</td>
                  <td className="number">{one.failed > 0 ? <span className="badge" data-kind="bad">{one.failed.toLocaleString()}</span> : 0}</td>
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
    <section className="card stack" aria-label="Sizes">
      <div className="row-apart">
        <h2>What takes room</h2>
        <span className="quiet">{bytes(whole)} in {sizes.data?.length.toLocaleString()} tables</span>
      </div>
      <ul className="sizes">
        {shown.map((one) => (
          <li key={`${one.at}/${one.name}`}>
            <span className="cut">
              <bdi>{one.name}</bdi> <span className="quiet">{one.at}</span>
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
    <section className="card stack" aria-label="Slow calls">
      <div className="row-apart">
        <h2>Slow calls</h2>
        {all.length > 1 && (
          <select className="input events-choice" aria-label="Source" value={chosen ? `${chosen.project}/${chosen.source}` : ''} onChange={(event) => setAt(event.target.value)}>
            {all.map((one) => (
              <option key={`${one.project}/${one.source}`}>{`${one.project}/${one.source}`}</option>
            ))}
          </select>
        )}
      </div>
      {slow.isError && <Trouble error={slow.error} />}
      {slow.data?.calls.length === 0 && <p className="quiet">No call has taken longer than {slow.data.threshold_ms} ms.</p>}
      {slow.data && slow.data.calls.length > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-label="Calls that took long">
          <table className="table">
            <thead>
              <tr>
                <th>When</th>
                <th>What</th>
                <th>As</th>
                <th>Who</th>
                <th className="number">Rows</th>
                <th className="number">Took</th>
              </tr>
            </thead>
            <tbody>
              {slow.data.calls.map((one, n) => (
                <tr key={n}>
                  <td>
                    <Ago at={one.at} />
                  </td>
                  <td>
                    {one.kind} <span className="mono">{one.tables.join(', ')}</span> {one.error && <span className="badge" data-kind="bad">{one.error}</span>}
                  </td>
                  <td className="mono">{one.role}</td>
                  <td>{one.actor}</td>
                  <td className="number">{one.rows.toLocaleString()}</td>
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

