// Organizations with their members, teams, roles and invitations. Each button is an operation of the
// board, with a form made from its schema.

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, type Output } from '../../api/client'
import { Ago } from '../../parts/ago'
import { Do } from '../../parts/do'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
import { t, T, known, list } from '../../words/words'
import { Face } from './users'

type Organization = Output<'org:list'>['organizations'][number]

export function Organizations({ project }: { project?: string }) {
  const queries = useQueryClient()
  const [chosen, setChosen] = useState<string>()
  const all = useQuery({ queryKey: ['org:list', project], queryFn: () => call('org:list', { project }) })
  const again = () => void queries.invalidateQueries({ predicate: (one) => /^(org|team):/.test(String(one.queryKey[0])) })
  if (all.isPending) return <Waiting what={t('people.readingTheOrganizations')} />
  if (all.isError) return <Trouble error={all.error} again={() => all.refetch()} />
  const list = all.data.organizations
  const open = list.find((one) => one.id === chosen) ?? list[0]
  return (
    <div className="stack">
      <div className="row-apart">
        <div className="tabs" role="group" aria-label={t('people.organizations')}>
          {list.map((one) => (
            <button key={one.id} type="button" aria-current={one === open ? 'page' : undefined} onClick={() => setChosen(one.id)}>
              <bdi>{one.name}</bdi>
            </button>
          ))}
        </div>
        <Do operation="org:create" given={{ project }} kind="main" title={t('people.aNewOrganization')} onDone={again}>
          {t('people.newOrganization')}
        </Do>
      </div>
      {list.length === 0 ? (
        <div className="empty card">
          <h2>{t('people.noOrganizationYet')}</h2>
          <p>{t('people.customersOfAnAppDepartments')}</p>
        </div>
      ) : (
        open && <One key={open.id} organization={open} project={project} again={again} />
      )}
    </div>
  )
}

function One({ organization, project, again }: { organization: Organization; project?: string; again: () => void }) {
  const at = { organization: organization.organization, project }
  // A project that is not named is the one by default, and is not asked for either.
  const given = { organization: organization.organization, project }
  const members = useQuery({ queryKey: ['org:member:list', at], queryFn: () => call('org:member:list', at) })
  const teams = useQuery({ queryKey: ['team:list', at], queryFn: () => call('team:list', at) })
  const roles = useQuery({ queryKey: ['org:role:list', at], queryFn: () => call('org:role:list', at) })
  const invitations = useQuery({ queryKey: ['org:invitations', at], queryFn: () => call('org:invitations', at) })
  return (
    <div className="stack">
      <div className="row-apart">
        <p>
          <code>{organization.organization}</code>{' '}
          <span className="badge" data-kind={organization.status === 'active' ? 'well' : 'warn'}>
            {known(organization.status)}
          </span>{' '}
          <span className="quiet">
            <T word="people.sinceWhen" with={{ when: <Ago at={organization.created_at} /> }} />
          </span>
        </p>
        <div className="row">
          <Do operation="org:update" given={given} onDone={again}>
            {t('all.change')}
          </Do>
          <Do operation="org:transfer" given={given} onDone={again}>
            {t('people.handOver')}
          </Do>
          <Do operation="org:delete" given={given} onDone={again}>
            {t('all.delete')}
          </Do>
        </div>
      </div>
      <section className="card stack" aria-label={t('people.members')}>
        <div className="row-apart">
          <h2>{t('people.members')}</h2>
          <div className="row">
            <Do operation="org:invite" given={given} kind="main" title={t('people.inviteSomebody')} onDone={again} stays>
              {t('people.invite')}
            </Do>
            <Do operation="org:member:add" given={given} title={t('people.addAUser')} onDone={again}>
              {t('people.addAUser')}
            </Do>
          </div>
        </div>
        {members.isError && <Trouble error={members.error} />}
        {members.data?.members.length === 0 && <p className="quiet">{t('people.nobodyYetSmall')}</p>}
        <ul className="lines">
          {members.data?.members.map((one) => (
            <li key={one.user} className="row-apart">
              <span className="person">
                <Face name={one.name || one.email || '?'} kind={one.kind} />
                <bdi>{one.name || one.email || one.user}</bdi>
                <span className="quiet">{known(one.kind)}</span>
                {one.status !== 'active' && (
                  <span className="badge" data-kind="warn">
                    {known(one.status)}
                  </span>
                )}
                {one.roles.map((role) => (
                  <span key={role} className="badge" translate="no">
                    {role}
                  </span>
                ))}
              </span>
              <span className="row row-tight">
                <Do operation="org:role:bind" given={{ ...given, user: one.user }} kind="quiet" onDone={again}>
                  {t('people.giveARole')}
                </Do>
                <Do operation="org:member:remove" given={{ ...given, user: one.user }} kind="quiet" onDone={again}>
                  {t('people.remove')}
                </Do>
              </span>
            </li>
          ))}
        </ul>
        <Waits told={invitations.data} />
      </section>
      <section className="card stack" aria-label={t('people.teams')}>
        <div className="row-apart">
          <h2>{t('people.teams')}</h2>
          <Do operation="team:create" given={given} onDone={again}>
            {t('people.newTeam')}
          </Do>
        </div>
        {teams.isError && <Trouble error={teams.error} />}
        {teams.data?.teams.length === 0 && <p className="quiet">{t('people.noneYetARoleCan')}</p>}
        <ul className="lines">
          {teams.data?.teams.map((one) => (
            <li key={one.id} className="row-apart">
              <span>
                <strong>
                  <bdi>{one.name}</bdi>
                </strong>{' '}
                <span className="quiet" translate={one.members.length > 0 ? 'no' : undefined}>{one.members.map((member) => member.name).join(', ') || t('people.nobodyYet')}</span>
              </span>
              <span className="row row-tight">
                <Do operation="team:member:add" given={{ ...given, team: one.team }} kind="quiet" onDone={again}>
                  {t('people.add')}
                </Do>
                <Do operation="team:delete" given={{ ...given, team: one.team }} kind="quiet" onDone={again}>
                  {t('all.delete')}
                </Do>
              </span>
            </li>
          ))}
        </ul>
      </section>
      <section className="card stack" aria-label={t('people.roles')}>
        <div className="row-apart">
          <h2>{t('people.roles')}</h2>
          <Do operation="org:role:create" given={given} onDone={again}>
            {t('people.newRole')}
          </Do>
        </div>
        {roles.isError && <Trouble error={roles.error} />}
        <Listed told={roles.data} />
      </section>
    </div>
  )
}

/** Invitations that nobody has answered yet. */
function Waits({ told }: { told: object | undefined }) {
  const all = told ? Object.values(told).find(Array.isArray) : undefined
  if (!all || all.length === 0) return null
  return (
    <p className="quiet">
      {t('people.invitationsWait', { count: all.length, who: list(all.map((one: { email?: string }) => one.email ?? '').filter(Boolean)) })}
    </p>
  )
}

interface RoleLike {
  role?: string
  name?: string
  about?: string
  description?: string | null
  permissions?: string[]
}

function Listed({ told }: { told: object | undefined }) {
  const all = (told ? Object.values(told).find(Array.isArray) : undefined) as RoleLike[] | undefined
  if (!all) return null
  return (
    <ul className="lines">
      {all.map((one, n) => (
        <li key={n}>
          <strong translate="no">{one.role ?? one.name}</strong> <span className="quiet" lang="en">{one.about ?? one.description}</span>
          {one.permissions && <p className="mono quiet">{one.permissions.join(', ')}</p>}
        </li>
      ))}
    </ul>
  )
}
