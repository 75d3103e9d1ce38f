// What happens, as it happens: facts of the bus, logs, jobs and the audit trail. A trace id leads
// through all of them.

import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { t, T } from '../../words/words'
import { Audit } from './audit'
import { Charts } from './charts'
import './events.css'
import { Facts } from './facts'
import { Jobs } from './jobs'
import { Logs } from './logs'

export interface EventsSearch {
  show?: 'facts' | 'charts' | 'logs' | 'jobs' | 'audit'
  topic?: string
  part?: string
  level?: string
  trace?: string
}

const TABS = [
  { show: 'facts', name: 'events.tab.facts' },
  { show: 'charts', name: 'events.tab.charts' },
  { show: 'logs', name: 'events.tab.logs' },
  { show: 'jobs', name: 'events.tab.jobs' },
  { show: 'audit', name: 'events.tab.audit' },
] as const

/** The part of the address behind `?`, and a way to change it: a filtered view can be shared. */
export function useView() {
  const search = useSearch({ strict: false }) as EventsSearch
  const navigate = useNavigate()
  const change = (next: Partial<EventsSearch>) =>
    void navigate({ to: '/events', search: (before: EventsSearch) => ({ ...before, ...next }), replace: true })
  return [search, change] as const
}

export function EventsScreen() {
  const [search, change] = useView()
  const show = search.show ?? 'facts'
  return (
    <>
      <div className="screen-head">
        <h1>{t('events.eventsAndLogs')}</h1>
        <nav className="tabs" aria-label={t('all.whatIsShown')}>
          {TABS.map((tab) => (
            <Link
              key={tab.show}
              to="/events"
              search={{ ...search, show: tab.show }}
              aria-current={show === tab.show ? 'page' : undefined}
            >
              {t(tab.name)}
            </Link>
          ))}
        </nav>
      </div>
      {search.trace && (
        <p className="card row">
          <span>
            <T word="events.onlyTrace" with={{ trace: <code>{search.trace}</code> }} />
          </span>
          <button type="button" className="button" data-kind="quiet" onClick={() => change({ trace: undefined })}>
            {t('events.showAll')}
          </button>
        </p>
      )}
      {show === 'facts' && <Facts />}
      {show === 'charts' && <Charts />}
      {show === 'logs' && <Logs />}
      {show === 'jobs' && <Jobs />}
      {show === 'audit' && <Audit />}
    </>
  )
}

/** A trace id that leads to everything else of the same request. */
export function Trace({ id }: { id?: string | null }) {
  const [search] = useView()
  if (!id) return null
  return (
    <Link to="/events" search={{ ...search, trace: id }} className="mono" title={t('events.followThisRequest')}>
      {id.slice(0, 8)}
    </Link>
  )
}
