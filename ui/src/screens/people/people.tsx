// People, agents, services: who there is, what they may, what agents have spent, and how to stop one.

import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useMay, useSession } from '../../frame/session-place'
import { useHas } from '../../parts/do'
import { useSources } from '../../parts/where'
import { t } from '../../words/words'
import { Agents } from './agents'
import { Organizations } from './organizations'
import './people.css'
import { Sessions } from './sessions'
import { Users } from './users'

export interface PeopleSearch {
  show?: 'users' | 'agents' | 'organizations' | 'sessions'
  project?: string
}

/** The board's own project: those who run it are users of it. */
export const BOARD = 'zero'

export function PeopleScreen() {
  const search = useSearch({ strict: false }) as PeopleSearch
  const navigate = useNavigate()
  const sources = useSources()
  const session = useSession()
  const show = search.show ?? 'users'
  const orgs = useHas('org:list')
  const may = { agents: useMay('agent:list'), sessions: useMay('admin:sessions'), users: useMay('user:list') }
  const projects = [...new Set((sources.data?.sources ?? []).map((one) => one.project))]
  const tabs = [
    { show: 'users', name: search.project === BOARD ? t('people.people') : t('people.users'), there: may.users },
    { show: 'agents', name: t('people.agents'), there: may.agents },
    { show: 'organizations', name: t('people.organizations'), there: orgs },
    { show: 'sessions', name: t('people.sessions'), there: may.sessions },
  ] as const
  return (
    <>
      <div className="screen-head">
        <div>
          <h1>{t('people.peopleAndAgents')}</h1>
          <p className="quiet">{t('people.peopleAIAgentsServicesAnd')}</p>
        </div>
        <label className="row">
          <span className="quiet">{t('people.of')}</span>
          <select
            className="input where"
            aria-label={t('people.whosePeople')}
            value={search.project ?? ''}
            onChange={(event) => void navigate({ to: '/people', search: (before: PeopleSearch) => ({ ...before, project: event.target.value || undefined }), replace: true } as never)}
          >
            <option value="">{projects.length > 1 ? t('people.appByDefault') : t('people.theApp')}</option>
            {projects.length > 1 && projects.map((one) => <option key={one} value={one}>{t('people.theAppNamed', { name: one })}</option>)}
            {session.people && <option value={BOARD}>{t('people.thisBoard')}</option>}
          </select>
        </label>
      </div>
      <nav className="tabs people-tabs" aria-label={t('all.whatIsShown')}>
        {tabs
          .filter((one) => one.there)
          .map((one) => (
            <Link key={one.show} to="/people" search={{ ...search, show: one.show } as never} aria-current={show === one.show ? 'page' : undefined}>
              {one.name}
            </Link>
          ))}
      </nav>
      {show === 'users' && <Users project={search.project} />}
      {show === 'agents' && <Agents project={search.project} />}
      {show === 'organizations' && <Organizations project={search.project} />}
      {show === 'sessions' && <Sessions />}
    </>
  )
}
