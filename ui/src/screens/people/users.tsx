// Users of four kinds, found by name, address or kind; each with its ways in and what can be done.

import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useDeferredValue, useState } from 'react'
import { call, type Output } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { Ago } from '../../parts/ago'
import { Copy } from '../../parts/copy'
import { Field } from '../../parts/field'
import { Modal } from '../../parts/modal'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
import { BOARD } from './people'

export type User = Output<'user:list'>['users'][number]

export const KINDS: Record<string, string> = { human: 'person', ai_agent: 'agent', service_account: 'service', system: 'system' }
const PAGE = 50

export function Users({ project }: { project?: string }) {
  const queries = useQueryClient()
  const may = useMay('user:create')
  const [words, setWords] = useState('')
  const [kind, setKind] = useState('')
  const [page, setPage] = useState(0)
  const [chosen, setChosen] = useState<User>()
  const [making, setMaking] = useState(false)
  const search = useDeferredValue(words.trim())
  const users = useQuery({
    queryKey: ['user:list', project, search, kind, page],
    placeholderData: keepPreviousData,
    queryFn: () => call('user:list', { project, search: search || undefined, kind: kind || undefined, limit: PAGE, offset: page * PAGE }),
  })
  const again = () => {
    for (const key of ['user:list', 'user:show']) void queries.invalidateQueries({ queryKey: [key] })
  }
  const all = users.data?.users ?? []
  const total = users.data?.total ?? 0
  return (
    <div className="stack">
      <div className="row-apart">
        <div className="row">
          <input
            className="input where"
            type="search"
            aria-label="Find by name or address"
            placeholder="Find by name or address"
            value={words}
            onChange={(event) => {
              setWords(event.target.value)
              setPage(0)
            }}
          />
          <select
            className="input where"
            aria-label="Kind"
            value={kind}
            onChange={(event) => {
              setKind(event.target.value)
              setPage(0)
            }}
          >
            <option value="">every kind</option>
            {Object.entries(KINDS).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </div>
        {may && (
          <button type="button" className="button" data-kind="main" onClick={() => setMaking(true)}>
            Add somebody
          </button>
        )}
      </div>
      {users.isError && <Trouble error={users.error} again={() => users.refetch()} />}
      {users.isPending ? (
        <Waiting what="the users" />
      ) : all.length === 0 && users.isSuccess ? (
        <div className="empty card">
          <h2>{search || kind ? 'Nobody is called so' : 'Nobody yet'}</h2>
          <p>{search || kind ? 'Try fewer letters.' : project === BOARD ? 'The first account is made with a link of `mobo admin:link`.' : 'Apps sign people up at /auth/v1; you can add somebody here as well.'}</p>
        </div>
      ) : (
        users.isSuccess && (
          <div className="card scroll" tabIndex={0} role="region" aria-label="Users">
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
                {all.map((one) => (
                  <tr key={one.id}>
                    <td>
                      <button type="button" className="link person" onClick={() => setChosen(one)}>
                        <Face name={one.name || one.email || '?'} kind={one.kind} />
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
                    <td className="nowrap">
                      <Ago at={one.created_at} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )
      )}
      {total > PAGE && (
        <div className="row">
          <button type="button" className="button" disabled={page === 0} onClick={() => setPage((n) => n - 1)}>
            Before
          </button>
          <span className="quiet">
            {page * PAGE + 1} to {Math.min(total, (page + 1) * PAGE)} of {total.toLocaleString()}
          </span>
          <button type="button" className="button" disabled={(page + 1) * PAGE >= total} onClick={() => setPage((n) => n + 1)}>
            After
          </button>
        </div>
      )}
      {making && <NewUser project={project} onClose={() => setMaking(false)} after={again} />}
      {chosen && <UserSheet user={chosen} project={project} may={may} onClose={() => setChosen(undefined)} after={again} />}
    </div>
  )
}

/** The first letters of a name; its kind by its shape. */
export function Face({ name, kind }: { name: string; kind: string }) {
  const letters = name
    .split(/[\s@._-]+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((one) => [...one][0]?.toUpperCase())
    .join('')
  return (
    <span className="face" data-kind={kind} aria-hidden="true">
      {letters || '?'}
    </span>
  )
}

function NewUser({ project, onClose, after }: { project?: string; onClose: () => void; after: () => void }) {
  const [kind, setKind] = useState('human')
  const make = useMutation({
    mutationFn: (input: { kind: string; name?: string; email?: string; password?: string; role?: string }) => call('user:create', { ...input, project }, { consent: 'yes' }),
    onSuccess: (told) => {
      after()
      if (told.key) return
      say({ text: 'Somebody new is here' })
      onClose()
    },
  })
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '') || undefined
    make.mutate({ kind, name: text('name'), email: text('email'), password: text('password'), role: text('role') })
  }
  return (
    <Modal title="Add somebody" onClose={onClose}>
      {make.data?.key ? (
        <div className="stack">
          <p>The key of {make.data.name}. It is shown this once.</p>
          <pre className="code">{make.data.key}</pre>
          <div className="row">
            <Copy text={make.data.key} label="Copy the key" />
            <button type="button" className="button" data-kind="main" onClick={onClose}>
              Done
            </button>
          </div>
        </div>
      ) : (
        <form className="stack" onSubmit={send}>
          <label className="field">
            <span>Kind</span>
            <select name="kind" value={kind} onChange={(event) => setKind(event.target.value)}>
              <option value="human">person</option>
              <option value="service_account">service</option>
            </select>
          </label>
          <Field name="name" label="Name" required={kind !== 'human'} />
          {kind === 'human' && (
            <>
              <Field name="email" label="E-mail" type="email" hint="A person is known by it." required />
              <Field name="password" label="Password" type="password" autoComplete="new-password" hint="Left out, they choose it by a mail." />
            </>
          )}
          <Field name="role" label="Role" placeholder="authenticated" hint="What their requests may do: the role that policies name." />
          {make.isError && <Trouble error={make.error} />}
          <div className="row">
            <button type="submit" className="button" data-kind="main" disabled={make.isPending}>
              Add
            </button>
          </div>
        </form>
      )}
    </Modal>
  )
}

interface UserSheetProps {
  user: User
  project?: string
  may: boolean
  onClose: () => void
  after: () => void
}

function UserSheet({ user, project, may, onClose, after }: UserSheetProps) {
  const [sure, setSure] = useState(false)
  const shown = useQuery({ queryKey: ['user:show', project, user.id], queryFn: () => call('user:show', { user: user.id, project }), staleTime: 0 })
  const banned = Boolean(shown.data?.banned_until)
  const ban = useMutation({
    mutationFn: () => call('user:ban', { user: user.id, project, lasts: banned ? 'none' : undefined }, { consent: 'yes' }),
    onSuccess: () => {
      say({ text: banned ? 'They may come in again' : 'They are out, and their sessions have ended' })
      after()
      onClose()
    },
  })
  const remove = useMutation({
    mutationFn: () => call('user:delete', { user: user.id, project }, { consent: 'destroy' }),
    onSuccess: () => {
      say({ text: 'They are gone' })
      after()
      onClose()
    },
  })
  const facts: [string, React.ReactNode][] = [
    ['Kind', KINDS[user.kind] ?? user.kind],
    ['Address', user.email],
    ['Id', <code key="id">{user.id}</code>],
    ['State', banned ? <span key="state" className="badge" data-kind="warn">kept out</span> : (shown.data?.user ?? user).status],
    ['Answered for by', user.owner],
    ['Since', <Ago key="since" at={user.created_at} />],
    ['Role', shown.data && <code key="role">{shown.data.role}</code>],
    ['Signs in by', shown.data?.providers.join(', ')],
    ['Second factors', shown.data?.factors],
    ['Sessions', shown.data?.sessions],
    ['Last seen', shown.data?.last_sign_in_at && <Ago key="seen" at={shown.data.last_sign_in_at} />],
    ['Out until', shown.data?.banned_until && <Ago key="until" at={shown.data.banned_until} />],
  ]
  return (
    <Modal title={user.name || user.email || 'User'} onClose={onClose}>
      <div className="stack">
        <dl className="facts">
          {facts
            .filter(([, value]) => value !== undefined && value !== null && value !== '')
            .map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <bdi>{value}</bdi>
                </dd>
              </div>
            ))}
        </dl>
        {(shown.isError || ban.isError || remove.isError) && <Trouble error={remove.error ?? ban.error ?? shown.error} />}
        {may && user.kind !== 'system' && (
          <div className="row">
            <button type="button" className="button" disabled={ban.isPending || !shown.isSuccess} onClick={() => ban.mutate()}>
              {banned ? 'Let them in again' : 'Keep them out'}
            </button>
            {sure ? (
              <button type="button" className="button" data-kind="bad" disabled={remove.isPending} onClick={() => remove.mutate()}>
                Delete for good
              </button>
            ) : (
              <button type="button" className="button" onClick={() => setSure(true)}>
                Delete…
              </button>
            )}
          </div>
        )}
      </div>
    </Modal>
  )
}
