// People, agents, services: who there is, what they may, what agents have spent, and how to stop one.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, type Output } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { Ago } from '../../parts/ago'
import { Field } from '../../parts/field'
import { Modal } from '../../parts/modal'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'

type User = Output<'user:list'>['users'][number]

const KINDS = { human: 'person', ai_agent: 'agent', service_account: 'service', system: 'system' } as Record<string, string>
const PAGE = 100

export function PeopleScreen() {
  const queries = useQueryClient()
  const may = useMay('user:create')
  const [search, setSearch] = useState('')
  const [kind, setKind] = useState('')
  const [chosen, setChosen] = useState<User>()
  const [making, setMaking] = useState(false)
  const users = useQuery({
    queryKey: ['user:list', search, kind],
    queryFn: () => call('user:list', { search: search || undefined, kind: kind || undefined, limit: PAGE, offset: 0 }),
  })
  const agents = useQuery({ queryKey: ['agent:list'], queryFn: () => call('agent:list') })
  const again = () => {
    void queries.invalidateQueries({ queryKey: ['user:list'] })
    void queries.invalidateQueries({ queryKey: ['agent:list'] })
  }
  if (users.isError) return <Trouble error={users.error} again={() => users.refetch()} />
  return (
    <>
      <div className="screen-head">
        <div>
          <h1>People and agents</h1>
          <p className="quiet">People, AI agents, services and the system: the same permissions, the same trail.</p>
        </div>
        <div className="row">
          <input
            className="input where"
            type="search"
            aria-label="Find by name or address"
            placeholder="Find by name or address"
            onKeyDown={(event) => event.key === 'Enter' && setSearch(event.currentTarget.value)}
            onBlur={(event) => setSearch(event.currentTarget.value)}
          />
          <select className="input where" aria-label="Kind" value={kind} onChange={(event) => setKind(event.target.value)}>
            <option value="">every kind</option>
            {Object.entries(KINDS).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
          {may && (
            <button type="button" className="button" data-kind="main" onClick={() => setMaking(true)}>
              Add somebody
            </button>
          )}
        </div>
      </div>
      {agents.data && agents.data.agents.length > 0 && (
        <section aria-label="Agents" className="card scroll agents">
          <table className="table">
            <thead>
              <tr>
                <th>Agent</th>
                <th>State</th>
                <th>Acts for</th>
                <th>Role</th>
                <th>Calls this hour</th>
                <th>Calls today</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {agents.data.agents.map((one) => (
                <tr key={one.id}>
                  <td>{one.name}</td>
                  <td>
                    <span className="badge" data-kind={one.state === 'active' ? 'well' : 'warn'}>
                      {one.state}
                    </span>{' '}
                    {one.why}
                  </td>
                  <td>{one.owner}</td>
                  <td className="mono">{one.role}</td>
                  <td className="number">{spent(one.calls_this_hour, one.calls_per_hour)}</td>
                  <td className="number">{spent(one.calls_today, one.calls_per_day)}</td>
                  <td>{may && <Pause id={one.id} name={one.name} paused={one.state === 'paused'} after={again} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {users.isPending ? (
        <Waiting what="the users" />
      ) : users.data.users.length === 0 ? (
        <div className="empty">
          <h2>{search || kind ? 'Nobody is called so' : 'Nobody yet'}</h2>
          <p>{search || kind ? 'Try fewer letters.' : 'Apps sign people up at /auth/v1; you can add somebody here as well.'}</p>
        </div>
      ) : (
        <div className="card scroll">
          <table className="table">
            <thead>
              <tr>
                <th>Name</th>
                <th>Kind</th>
                <th>Address</th>
                <th>State</th>
                <th>Since</th>
              </tr>
            </thead>
            <tbody>
              {users.data.users.map((one) => (
                <tr key={one.id}>
                  <td>
                    <button type="button" className="link" onClick={() => setChosen(one)}>
                      <bdi>{one.name || one.email || one.id}</bdi>
                    </button>
                  </td>
                  <td>{KINDS[one.kind] ?? one.kind}</td>
                  <td>
                    <bdi>{one.email}</bdi>
                  </td>
                  <td>
                    <span className="badge" data-kind={one.status === 'active' ? 'well' : 'warn'}>
                      {one.status}
                    </span>
                  </td>
                  <td>
                    <Ago at={one.created_at} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {users.data.total > PAGE && <p className="quiet">{users.data.total} in all; find the others by name.</p>}
        </div>
      )}
      {making && <NewUser onClose={() => setMaking(false)} after={again} />}
      {chosen && <UserSheet user={chosen} may={may} onClose={() => setChosen(undefined)} after={again} />}
    </>
  )
}

const spent = (calls: number, most?: number | null) => (most ? `${calls} of ${most}` : `${calls}`)

function Pause({ id, name, paused, after }: { id: string; name: string; paused: boolean; after: () => void }) {
  const act = useMutation({
    mutationFn: () => call('agent:pause', { agent: id, resume: paused }, { consent: 'yes' }),
    onSuccess: () => {
      say({ text: paused ? `${name} goes on` : `${name} is paused, at every door` })
      after()
    },
    onError: (error) => say({ text: error.message, kind: 'bad' }),
  })
  return (
    <button type="button" className="button" disabled={act.isPending} onClick={() => act.mutate()}>
      {paused ? 'Let it go on' : 'Pause'}
    </button>
  )
}

function NewUser({ onClose, after }: { onClose: () => void; after: () => void }) {
  const make = useMutation({
    mutationFn: (input: { kind: string; name?: string; email?: string; password?: string; role?: string }) => call('user:create', input, { consent: 'yes' }),
    onSuccess: () => {
      say({ text: 'Somebody new is here' })
      after()
      onClose()
    },
  })
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '') || undefined
    make.mutate({ kind: text('kind') ?? 'human', name: text('name'), email: text('email'), password: text('password'), role: text('role') })
  }
  return (
    <Modal title="Add somebody" onClose={onClose}>
      <form className="stack" onSubmit={send}>
        <label className="field">
          Kind
          <select name="kind" defaultValue="human">
            <option value="human">person</option>
            <option value="service_account">service</option>
          </select>
        </label>
        <Field name="name" label="Name" />
        <Field name="email" label="E-mail" type="email" hint="A person is known by it." />
        <Field name="password" label="Password" type="password" autoComplete="new-password" hint="Left out, they choose it by a mail." />
        <Field name="role" label="Role" placeholder="authenticated" />
        {make.isError && <Trouble error={make.error} />}
        <button type="submit" className="button" data-kind="main" disabled={make.isPending}>
          Add
        </button>
      </form>
    </Modal>
  )
}

function UserSheet({ user, may, onClose, after }: { user: User; may: boolean; onClose: () => void; after: () => void }) {
  const banned = user.status === 'banned'
  const ban = useMutation({
    mutationFn: () => call('user:ban', { user: user.id, lasts: banned ? 'none' : undefined }, { consent: 'yes' }),
    onSuccess: () => {
      say({ text: banned ? 'They may come in again' : 'They are out, and their sessions have ended' })
      after()
      onClose()
    },
  })
  const remove = useMutation({
    mutationFn: () => call('user:delete', { user: user.id }, { consent: 'destroy' }),
    onSuccess: () => {
      say({ text: 'They are gone' })
      after()
      onClose()
    },
  })
  return (
    <Modal title={user.name || user.email || 'User'} onClose={onClose}>
      <div className="stack">
        <dl className="facts">
          {Object.entries(user).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <bdi>{String(value ?? '')}</bdi>
              </dd>
            </div>
          ))}
        </dl>
        {(ban.isError || remove.isError) && <Trouble error={ban.error ?? remove.error} />}
        {may && (
          <div className="row">
            <button type="button" className="button" disabled={ban.isPending} onClick={() => ban.mutate()}>
              {banned ? 'Lift the ban' : 'Ban'}
            </button>
            <button
              type="button"
              className="button"
              data-kind="bad"
              disabled={remove.isPending}
              onClick={() => confirm(`Delete ${user.name || user.email}? This cannot be taken back.`) && remove.mutate()}
            >
              Delete
            </button>
          </div>
        )}
      </div>
    </Modal>
  )
}
