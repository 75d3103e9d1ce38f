import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { call, follow, type Output } from '../../api/client'
import { Ago } from '../../parts/ago'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
import { t } from '../../words/words'
import { Trace, useView } from './events'

type Line = Output<'logs:show'>['lines'][number]

const LEVELS = ['critical', 'error', 'warning', 'notice', 'info', 'debug'] as const
const KEPT = 1_000

export function Logs() {
  const [search, change] = useView()
  const level = LEVELS.find((one) => one === search.level)
  const past = useQuery({
    queryKey: ['logs:show', level, search.part],
    queryFn: () => call('logs:show', { level, part: search.part, limit: 300 }),
    staleTime: 0,
  })
  const [fresh, setFresh] = useState<Line[]>([])
  useEffect(() => {
    setFresh([])
    return follow('logs:tail', { level, part: search.part }, (item) =>
      setFresh((before) => [item as Line, ...before].slice(0, KEPT)),
    )
  }, [level, search.part])
  if (past.isPending) return <Waiting what={t('events.readingTheLog')} />
  if (past.isError) return <Trouble error={past.error} again={() => past.refetch()} />
  const lines = [...fresh, ...past.data.lines.toReversed()].filter(
    (line) => !search.trace || traceOf(line) === search.trace,
  )
  const parts = [...new Set(past.data.lines.map((line) => line.part))].sort()
  return (
    <div className="stack">
      <div className="row">
        <label>
          {t('events.level')}{' '}
          <select className="input events-choice" value={level ?? ''} onChange={(event) => change({ level: event.target.value || undefined })}>
            <option value="">{t('events.allThatAreWritten')}</option>
            {LEVELS.map((one) => (
              <option key={one} translate="no">{one}</option>
            ))}
          </select>
        </label>
        <label>
          {t('events.part')}{' '}
          <select className="input events-choice" value={search.part ?? ''} onChange={(event) => change({ part: event.target.value || undefined })}>
            <option value="">{t('events.all')}</option>
            {parts.map((one) => (
              <option key={one} translate="no">{one}</option>
            ))}
          </select>
        </label>
      </div>
      {lines.length === 0 ? (
        <div className="empty">
          <p>{t('events.noLineOfThisKind')}</p>
        </div>
      ) : (
        <ol className="card log" tabIndex={0} aria-label={t('events.logLinesTheNewestFirst')}>
          {lines.map((line, n) => (
            <li key={`${line.at}-${n}`} data-level={line.level}>
              <Ago at={line.at} />
              <span className="log-level" translate="no">{line.level}</span>
              <span className="log-part" translate="no">{line.part}</span>
              <span className="log-text" lang="en">{line.message}</span>
              <Trace id={traceOf(line)} />
            </li>
          ))}
        </ol>
      )}
    </div>
  )
}

function traceOf(line: Line): string | undefined {
  const id = (line.fields as Record<string, unknown>).trace_id
  return typeof id === 'string' ? id : undefined
}
