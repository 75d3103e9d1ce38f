// How apps reach this: addresses, keys, and examples with the real URL, for the tables that there are.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { Ago } from '../../parts/ago'
import { Copy } from '../../parts/copy'
import { Field } from '../../parts/field'
import { Modal } from '../../parts/modal'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
import { useWhere, WherePicker } from '../../parts/where'
import { showKey, Snippets, useBase, useShownKey } from './connect'
import { Reference } from './reference'
import './api.css'

export function ApiScreen() {
  const [where] = useWhere()
  const base = useBase()
  const key = useShownKey()
  return (
    <>
      <div className="screen-head">
        <div>
          <h1>API</h1>
          <p className="quiet">Clients that people know already: they only need the address and a key.</p>
        </div>
        <WherePicker />
      </div>
      <div className="stack">
        <section className="card stack" aria-label="Connect an app">
          <h2>Connect an app</h2>
          <dl className="facts">
            <Address name="Address" value={base} />
            <Address name="REST" value={`${base}/rest/v1`} />
            <Address name="Sign-in" value={`${base}/auth/v1`} />
            <Address name="OpenAPI" value={`${base}/rest/v1/openapi.json`} />
          </dl>
          <Snippets />
          {!key && <p className="quiet">Make a key below, and it stands in the example as long as this page is open.</p>}
        </section>
        <Keys onKey={showKey} />
        <Reference where={where} />
      </div>
    </>
  )
}

function Address({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="row">
        <code>{value}</code>
        <Copy text={value} />
      </dd>
    </div>
  )
}

function Keys({ onKey }: { onKey: (key: string) => void }) {
  const [where] = useWhere()
  const queries = useQueryClient()
  const may = useMay('key:create')
  const [making, setMaking] = useState(false)
  const keys = useQuery({ queryKey: ['key:list', where.project], queryFn: () => call('key:list', { project: where.project }) })
  const again = () => queries.invalidateQueries({ queryKey: ['key:list'] })
  const revoke = useMutation({
    mutationFn: (id: string) => call('key:revoke', { key: id, project: where.project }, { consent: 'destroy' }),
    onSuccess: () => {
      say({ text: 'The key opens nothing any more' })
      void again()
    },
    onError: (error) => say({ text: error.message, kind: 'bad' }),
  })
  if (keys.isPending) return <Waiting what="the keys" />
  if (keys.isError) return <Trouble error={keys.error} again={() => keys.refetch()} />
  return (
    <section className="card stack" aria-label="Keys">
      <div className="row-apart">
        <h2>Keys</h2>
        {may && (
          <button type="button" className="button" data-kind="main" onClick={() => setMaking(true)}>
            New key
          </button>
        )}
      </div>
      {keys.data.keys.length === 0 ? (
        <p className="quiet">No key yet. A publishable one is for apps, a secret one for servers.</p>
      ) : (
        <div className="scroll" tabIndex={0} role="region" aria-label="Keys that there are">
          <table className="table">
            <thead>
              <tr>
                <th>Name</th>
                <th>Kind</th>
                <th>Begins</th>
                <th>Role</th>
                <th>State</th>
                <th>Made</th>
                <th>Last used</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {keys.data.keys.map((one) => (
                <tr key={one.id}>
                  <td>{one.name}</td>
                  <td>{one.kind}</td>
                  <td className="mono">{one.begins}…</td>
                  <td className="mono">{one.role}</td>
                  <td>
                    <span className="badge" data-kind={one.state === 'active' ? 'well' : 'warn'}>
                      {one.state}
                    </span>
                  </td>
                  <td>
                    <Ago at={one.created_at} />
                  </td>
                  <td>{one.last_used_at ? <Ago at={one.last_used_at} /> : <span className="quiet">never</span>}</td>
                  <td>
                    {may && one.state === 'active' && (
                      <button type="button" className="button" onClick={() => confirm(`Revoke ${one.name}? Whoever uses it is shut out at once.`) && revoke.mutate(one.id)}>
                        Revoke
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {making && (
        <NewKey
          onClose={() => setMaking(false)}
          onMade={(key) => {
            onKey(key)
            void again()
          }}
        />
      )}
    </section>
  )
}

function NewKey({ onClose, onMade }: { onClose: () => void; onMade: (key: string) => void }) {
  const [where] = useWhere()
  const make = useMutation({
    mutationFn: (input: { name: string; kind: 'publishable' | 'secret' | 'jwt'; days?: number }) =>
      call('key:create', { ...input, project: where.project }, { consent: 'yes' }),
    onSuccess: (made) => onMade(made.key),
  })
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const days = Number(form.get('days'))
    make.mutate({ name: String(form.get('name')), kind: String(form.get('kind')) as 'publishable', days: days > 0 ? days : undefined })
  }
  return (
    <Modal title="New key" onClose={onClose}>
      {make.isSuccess ? (
        <div className="stack">
          <p>This is the only time that the key is shown.</p>
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
          <Field name="name" label="What it is for" required hint="So that others know it in a year." />
          <label className="field">
            Kind
            <select name="kind">
              <option value="publishable">publishable: for apps, may be seen</option>
              <option value="secret">secret: for servers, passes every policy</option>
              <option value="jwt">token: for clients that want a JWT</option>
            </select>
          </label>
          <Field name="days" label="Ends after days" type="number" min={1} hint="Left out, it does not end by itself." />
          {make.isError && <Trouble error={make.error} />}
          <button type="submit" className="button" data-kind="main" disabled={make.isPending}>
            Make it
          </button>
        </form>
      )}
    </Modal>
  )
}
