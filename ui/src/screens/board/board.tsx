// The motherboard drawn as a board: sockets, the parts in them, how each is, and what can be done.

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { call, type Output } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { Trouble } from '../../parts/trouble'
import { useLive } from '../../parts/use-live'
import { Waiting } from '../../parts/waiting'
import { t, known, ms, duration } from '../../words/words'
import './board.css'
import { Findings } from './findings'
import { PartSheet } from './part-sheet'
import { Post } from './post'
import { VitalSigns } from './vital-signs'

export type Report = Output<'health:report'>
export type Part = Report['components'][number]

export function BoardScreen() {
  const queries = useQueryClient()
  const report = useQuery({ queryKey: ['health:report'], queryFn: () => call('health:report') })
  const again = () => queries.invalidateQueries({ queryKey: ['health:report'] })
  useLive('component', again)
  useLive('health', again)
  const [chosen, setChosen] = useState<string>()

  const rows = useMemo(() => layers(report.data?.components ?? []), [report.data])
  if (report.isPending) return <Waiting what={t('board.readingTheParts')} />
  if (report.isError) return <Trouble error={report.error} again={() => report.refetch()} />
  const { system, components } = report.data
  const part = components.find((one) => one.name === chosen)
  return (
    <>
      <div className="screen-head">
        <div>
          <h1>{t('board.board')}</h1>
          <p className="quiet">
            {t('board.upFor', { status: known(system.status), time: duration(system.uptime_s), count: components.length })}
          </p>
        </div>
      </div>
      <VitalSigns memory={system.memory_bytes} />
      <FirstSteps />
      <Findings />
      <section aria-label={t('board.parts')} className="board">
        {rows.map((row) => (
          <div key={row.name} className="board-row">
            <h2 className="board-label">{row.name}</h2>
            <ul className="board-parts" aria-label={row.name}>
            {row.parts.map((one) => (
              <li key={one.name}>
                <button type="button" className="chip" data-state={lampOf(one)} onClick={() => setChosen(one.name)}>
                  <span className="chip-name">
                    <span className="lamp" aria-hidden="true" />
                    <span translate="no">{one.name}</span>
                  </span>
                  <span className="chip-about" lang="en">{one.about}</span>
                  <span className="chip-facts">
                    {known(one.shown)}
                    {one.why && <span lang="en">: {one.why}</span>}
                    {one.restarts > 0 && <span>, {t('board.restarts', { count: one.restarts })}</span>}
                    {one.ready_in_ms !== null && one.ready_in_ms !== undefined && <span className="quiet">, {t('board.readyIn', { time: ms(one.ready_in_ms) })}</span>}
                  </span>
                  {one.provides.length > 0 && (
                    <span className="chip-sockets">
                      {one.provides.map((socket) => (
                        <code key={socket}>{socket}</code>
                      ))}
                    </span>
                  )}
                </button>
              </li>
            ))}
            </ul>
          </div>
        ))}
      </section>
      <Post />
      {part && <PartSheet part={part} onClose={() => setChosen(undefined)} />}
    </>
  )
}

/** While there is no table, a word about where to begin. */
function FirstSteps() {
  const may = useMay('schema:show')
  const tables = useQuery({ queryKey: ['schema:show', {}], queryFn: () => call('schema:show', {}), retry: false, enabled: may })
  if (tables.data?.tables?.length !== 0) return null
  return (
    <p className="card row-apart first-steps">
      <span>
        <strong>{t('board.newHere')}</strong> {t('board.fiveSteps')}
      </span>
      <Link to="/welcome" className="button" data-kind="main">
        {t('all.firstSteps')}
      </Link>
    </p>
  )
}

const lampOf = (part: Part) => (part.shown === 'running' ? part.health : part.shown === 'failed' ? 'failed' : part.shown)

/** Doors above what they stand on: a part lies below those that need it. */
function layers(parts: Part[]): { name: string; parts: Part[] }[] {
  const doors = parts.filter((part) => part.claims.some((claim) => /^(port|socket|local socket)\b/.test(claim)))
  const below = parts.filter((part) => part.provides.some((socket) => socket.startsWith('door.')))
  const cards = parts.filter((part) => part.provides.some((socket) => socket.startsWith('driver.')))
  const rest = parts.filter((part) => ![...doors, ...below, ...cards].includes(part))
  return [
    { name: t('board.network'), parts: doors },
    { name: t('board.doors'), parts: below.filter((part) => !doors.includes(part)) },
    { name: t('board.core'), parts: rest },
    { name: t('board.engines'), parts: cards },
  ].filter((row) => row.parts.length > 0)
}
