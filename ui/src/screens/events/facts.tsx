// Facts as they are told: the newest first, held still while somebody reads.

import { useEffect, useRef, useState } from 'react'
import { follow } from '../../api/client'
import { Ago } from '../../parts/ago'
import { Answer } from '../../parts/answer'
import type { Told } from '../../parts/use-live'
import { t } from '../../words/words'
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
          aria-label={t('events.topicsThatBeginSo')}
          placeholder={t('events.topicsThatBeginSoComponent')}
          defaultValue={topic}
          onKeyDown={(event) => event.key === 'Enter' && change({ topic: event.currentTarget.value || undefined })}
          onBlur={(event) => change({ topic: event.currentTarget.value || undefined })}
        />
        <label className="check">
          <input type="checkbox" checked={traffic} onChange={(event) => setTraffic(event.target.checked)} />
          {t('events.everyRequest')}
        </label>
        <button type="button" className="button" aria-pressed={held} onClick={() => setHeld(!held)}>
          {held ? t('events.goOn') : t('events.holdStill')}
        </button>
        {lost && <span className="badge" data-kind="warn">{lost}</span>}
      </div>
      {shown.length === 0 ? (
        <div className="empty">
          <p>{t('events.nothingHasBeenToldYet')}</p>
        </div>
      ) : (
        <div className="card scroll" tabIndex={0} role="region" aria-label={t('events.facts')}>
          <table className="table">
            <thead>
              <tr>
                <th>{t('events.when')}</th>
                <th>{t('events.topic')}</th>
                <th>{t('events.from')}</th>
                <th>{t('events.what')}</th>
                <th>{t('events.trace')}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((one) => (
                <tr key={one.id}>
                  <td className="nowrap">
                    <Ago at={one.at} />
                  </td>
                  <td className="mono">{one.topic}</td>
                  <td translate="no">{one.source}</td>
                  <td>
                    <button type="button" className="link" aria-expanded={open === one.id} onClick={() => setOpen(open === one.id ? undefined : one.id)}>
                      {open === one.id ? t('events.less') : <bdi>{brief(one.fact.data)}</bdi>}
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
  return text.length > 90 ? `${text.slice(0, 90)}…` : text || t('events.show')
}
