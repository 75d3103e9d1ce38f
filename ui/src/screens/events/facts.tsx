// Facts as they are told: the newest first, held still while somebody reads.

import { useEffect, useRef, useState } from 'react'
import { follow } from '../../api/client'
import { Ago } from '../../parts/ago'
import { Answer } from '../../parts/answer'
import type { Told } from '../../parts/use-live'
import { Trace, useView } from './events'

/** More than anybody scrolls through; the journal has the rest. */
const KEPT = 500

export function Facts() {
  const [search, change] = useView()
  const [traffic, setTraffic] = useState(false)
  const [held, setHeld] = useState(false)
  const [facts, setFacts] = useState<(Told & { id: number })[]>([])
  const [lost, setLost] = useState<string>()
  const [open, setOpen] = useState<number>()
  const waiting = useRef<Told[]>([])
  const number = useRef(0)
  const topic = search.topic

  useEffect(() => {
    setFacts([])
    waiting.current = []
    const stop = follow(
      'events:tail',
      { topic, last: 100, traffic },
      (item) => {
        waiting.current.push(item as Told)
        setLost(undefined)
      },
      setLost,
    )
    return stop
  }, [topic, traffic])

  // Many facts in one moment are one change of the list.
  useEffect(() => {
    if (held) return
    const timer = setInterval(() => {
      if (waiting.current.length === 0) return
      const fresh = waiting.current.splice(0).map((told) => ({ ...told, id: ++number.current }))
      setFacts((before) => [...fresh.reverse(), ...before].slice(0, KEPT))
    }, 250)
    return () => clearInterval(timer)
  }, [held])

  const shown = facts.filter((one) => !search.trace || one.fact.context?.trace_id === search.trace)
  return (
    <div className="stack">
      <div className="row">
        <input
          className="input events-filter"
          type="search"
          aria-label="Topics that begin so"
          placeholder="Topics that begin so: component"
          defaultValue={topic}
          onKeyDown={(event) => event.key === 'Enter' && change({ topic: event.currentTarget.value || undefined })}
          onBlur={(event) => change({ topic: event.currentTarget.value || undefined })}
        />
        <label className="check">
          <input type="checkbox" checked={traffic} onChange={(event) => setTraffic(event.target.checked)} />
          every request
        </label>
        <button type="button" className="button" aria-pressed={held} onClick={() => setHeld(!held)}>
          {held ? 'Go on' : 'Hold still'}
        </button>
        {lost && <span className="badge" data-kind="warn">{lost}</span>}
      </div>
      {shown.length === 0 ? (
        <div className="empty">
          <p>Nothing has been told yet. Facts appear here as soon as they happen.</p>
        </div>
      ) : (
        <div className="card scroll" tabIndex={0} role="region" aria-label="Facts">
          <table className="table">
            <thead>
              <tr>
                <th>When</th>
                <th>Topic</th>
                <th>From</th>
                <th>What</th>
                <th>Trace</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((one) => (
                <tr key={one.id}>
                  <td className="nowrap">
                    <Ago at={one.at} />
                  </td>
                  <td className="mono">{one.topic}</td>
                  <td>{one.source}</td>
                  <td>
                    <button type="button" className="link" aria-expanded={open === one.id} onClick={() => setOpen(open === one.id ? undefined : one.id)}>
                      {open === one.id ? 'less' : brief(one.fact.data)}
                    </button>
                    {open === one.id && <Answer value={one.fact} />}
                  </td>
                  <td>
                    <Trace id={one.fact.context?.trace_id} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  )
}

function brief(data: unknown): string {
  const text = JSON.stringify(data) ?? ''
  return text.length > 90 ? `${text.slice(0, 90)}…` : text || 'show'
}
