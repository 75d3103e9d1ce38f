// How apps reach this: addresses, keys, and examples with the real URL, for the tables that there are.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
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
import { t, known } from '../../words/words'
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
          <h1>{t('api.api')}</h1>
          <p className="quiet">{t('api.clientsThatPeopleKnowAlready')}</p>
        </div>
        <WherePicker />
      </div>
      <div className="stack">
        <section className="card stack" aria-label={t('all.connectAnApp')}>
          <h2>{t('all.connectAnApp')}</h2>
          <dl className="facts">
            <Address name={t('all.address')} value={base} />
            <Address name={<bdi>REST</bdi>} value={`${base}/rest/v1`} />
            <Address name={t('api.signIn')} value={`${base}/auth/v1`} />
            <Address name={<bdi>OpenAPI</bdi>} value={`${base}/rest/v1/openapi.json`} />
          </dl>
          <Snippets />
          {!key && <p className="quiet">{t('api.makeAKeyBelowAnd')}</p>}
        </section>
        <Keys onKey={showKey} />
        <Reference where={where} />
      </div>
    </>
  )
}

function Address({ name, value }: { name: ReactNode; value: string }) {
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
      say({ text: t('api.theKeyOpensNothingAny') })
      void again()
    },
    onError: (error) => say({ text: error.message, kind: 'bad' }),
  })
  if (keys.isPending) return <Waiting what={t('api.readingTheKeys')} />
  if (keys.isError) return <Trouble error={keys.error} again={() => keys.refetch()} />
  return (
    <section className="card stack" aria-label={t('api.keys')}>
      <div className="row-apart">
        <h2>{t('api.keys')}</h2>
        {may && (
          <button type="button" className="button" data-kind="main" onClick={() => setMaking(true)}>
            {t('api.newKey')}
          </button>
        )}
      </div>
      {keys.data.keys.length === 0 ? (
        <p className="quiet">{t('api.noKeyYetAPublishable')}</p>
      ) : (
        <div className="scroll" tabIndex={0} role="region" aria-label={t('api.keysThatThereAre')}>
          <table className="table">
            <thead>
              <tr>
                <th>{t('all.name')}</th>
                <th>{t('all.kind')}</th>
                <th>{t('api.begins')}</th>
                <th>{t('all.role')}</th>
                <th>{t('all.state')}</th>
                <th>{t('api.made')}</th>
                <th>{t('api.lastUsed')}</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {keys.data.keys.map((one) => (
                <tr key={one.id}>
                  <td translate="no">{one.name}</td>
                  <td>{known(one.kind)}</td>
                  <td className="mono">{one.begins}…</td>
                  <td className="mono">{one.role}</td>
                  <td>
                    <span className="badge" data-kind={one.state === 'active' ? 'well' : 'warn'}>
                      {known(one.state)}
                    </span>
                  </td>
                  <td>
                    <Ago at={one.created_at} />
                  </td>
                  <td>{one.last_used_at ? <Ago at={one.last_used_at} /> : <span className="quiet">{t('all.never')}</span>}</td>
                  <td>
                    {may && one.state === 'active' && (
                      <button type="button" className="button" onClick={() => confirm(t('api.revokeIt', { name: one.name })) && revoke.mutate(one.id)}>
                        {t('api.revoke')}
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
    <Modal title={t('api.newKey')} onClose={onClose}>
      {make.isSuccess ? (
        <div className="stack">
          <p>{t('api.thisIsTheOnlyTime')}</p>
          <pre className="code">{make.data.key}</pre>
          <div className="row">
            <Copy text={make.data.key} label={t('all.copyTheKey')} />
            <button type="button" className="button" data-kind="main" onClick={onClose}>
              {t('all.done')}
            </button>
          </div>
        </div>
      ) : (
        <form className="stack" onSubmit={send}>
          <Field name="name" label={t('all.whatItIsFor')} required hint={t('api.soThatOthersKnowIt')} />
          <label className="field">
            {t('all.kind')}
            <select name="kind">
              <option value="publishable">{t('api.publishableForAppsMayBe')}</option>
              <option value="secret">{t('api.secretForServersPassesEvery')}</option>
              <option value="jwt">{t('api.tokenForClientsThatWant')}</option>
            </select>
          </label>
          <Field name="days" label={t('all.endsAfterDays')} type="number" min={1} hint={t('api.leftOutItDoesNot')} />
          {make.isError && <Trouble error={make.error} />}
          <button type="submit" className="button" data-kind="main" disabled={make.isPending}>
            {t('all.makeIt')}
          </button>
        </form>
      )}
    </Modal>
  )
}
