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
import { t, known } from '../../words/words'
import { BOARD } from './people'

export type User = Output<'user:list'>['users'][number]

const KINDS = ['human', 'ai_agent', 'service_account', 'system']
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
            aria-label={t('people.findByNameOrAddress')}
            placeholder={t('people.findByNameOrAddress')}
            value={words}
            onChange={(event) => {
              setWords(event.target.value)
              setPage(0)
            }}
          />
          <select
            className="input where"
            aria-label={t('all.kind')}
            value={kind}
            onChange={(event) => {
              setKind(event.target.value)
              setPage(0)
            }}
          >
            <option value="">{t('people.everyKind')}</option>
            {KINDS.map((value) => (
              <option key={value} value={value}>
                {known(value)}
              </option>
            ))}
          </select>
        </div>
        {may && (
          <button type="button" className="button" data-kind="main" onClick={() => setMaking(true)}>
            {t('people.addSomebody')}
          </button>
        )}
      </div>
      {users.isError && <Trouble error={users.error} again={() => users.refetch()} />}
      {users.isPending ? (
        <Waiting what={t('people.readingTheUsers')} />
      ) : all.length === 0 && users.isSuccess ? (
        <div className="empty card">
          <h2>{search || kind ? t('people.nobodyIsCalledSo') : t('people.nobodyYetSmall')}</h2>
          <p>{search || kind ? t('people.tryFewerLetters') : project === BOARD ? t('people.theFirstAccountIsMade') : t('people.appsSignPeopleUpAt')}</p>
        </div>
      ) : (
        users.isSuccess && (
          <div className="card scroll" tabIndex={0} role="region" aria-label={t('people.users')}>
            <table className="table">
              <thead>
                <tr>
                  <th>{t('all.name')}</th>
                  <th>{t('all.kind')}</th>
                  <th>{t('all.address')}</th>
                  <th>{t('all.state')}</th>
                  <th>{t('all.since')}</th>
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
                    <td>{known(one.kind)}</td>
                    <td>
                      <bdi>{one.email}</bdi>
                    </td>
                    <td>
                      <span className="badge" data-kind={one.status === 'active' ? 'well' : 'warn'}>
                        {known(one.status)}
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
            {t('people.before')}
          </button>
          <span className="quiet">
            {t('people.fromTo', { from: page * PAGE + 1, to: Math.min(total, (page + 1) * PAGE), all: total })}
          </span>
          <button type="button" className="button" disabled={(page + 1) * PAGE >= total} onClick={() => setPage((n) => n + 1)}>
            {t('people.after')}
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
    <span className="face" data-kind={kind} aria-hidden="true" translate="no">
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
      say({ text: t('people.somebodyNewIsHere') })
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
    <Modal title={t('people.addSomebody')} onClose={onClose}>
      {make.data?.key ? (
        <div className="stack">
          <p>{t('people.keyOf', { name: make.data.name })}</p>
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
          <label className="field">
            <span>{t('all.kind')}</span>
            <select name="kind" value={kind} onChange={(event) => setKind(event.target.value)}>
              <option value="human">{known('human')}</option>
              <option value="service_account">{known('service_account')}</option>
            </select>
          </label>
          <Field name="name" label={t('all.name')} required={kind !== 'human'} />
          {kind === 'human' && (
            <>
              <Field name="email" label={t('all.eMail')} type="email" hint={t('people.aPersonIsKnownBy')} required />
              <Field name="password" label={t('all.password')} type="password" autoComplete="new-password" hint={t('people.leftOutTheyChooseIt')} />
            </>
          )}
          <Field name="role" label={t('all.role')} className="mono" placeholder="authenticated" hint={t('people.whatTheirRequestsMayDo')} />
          {make.isError && <Trouble error={make.error} />}
          <div className="row">
            <button type="submit" className="button" data-kind="main" disabled={make.isPending}>
              {t('people.add')}
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
      say({ text: banned ? t('people.theyMayComeInAgain') : t('people.theyAreOutAndTheir') })
      after()
      onClose()
    },
  })
  const remove = useMutation({
    mutationFn: () => call('user:delete', { user: user.id, project }, { consent: 'destroy' }),
    onSuccess: () => {
      say({ text: t('people.theyAreGone') })
      after()
      onClose()
    },
  })
  const facts: [string, React.ReactNode][] = [
    [t('all.kind'), known(user.kind)],
    [t('all.address'), user.email],
    [t('people.fact.id'), <code key="id">{user.id}</code>],
    [t('all.state'), banned ? <span key="state" className="badge" data-kind="warn">{t('people.keptOut')}</span> : known((shown.data?.user ?? user).status)],
    [t('people.fact.owner'), user.owner],
    [t('all.since'), <Ago key="since" at={user.created_at} />],
    [t('all.role'), shown.data && <code key="role">{shown.data.role}</code>],
    [t('people.fact.signsIn'), shown.data?.providers.join(', ')],
    [t('people.fact.factors'), shown.data?.factors],
    [t('people.fact.sessions'), shown.data?.sessions],
    [t('people.fact.seen'), shown.data?.last_sign_in_at && <Ago key="seen" at={shown.data.last_sign_in_at} />],
    [t('people.fact.until'), shown.data?.banned_until && <Ago key="until" at={shown.data.banned_until} />],
  ]
  return (
    <Modal title={user.name || user.email || t('people.user')} onClose={onClose} named>
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
              {banned ? t('people.letThemInAgain') : t('people.keepThemOut')}
            </button>
            {sure ? (
              <button type="button" className="button" data-kind="bad" disabled={remove.isPending} onClick={() => remove.mutate()}>
                {t('people.deleteForGood')}
              </button>
            ) : (
              <button type="button" className="button" onClick={() => setSure(true)}>
                {t('people.delete')}
              </button>
            )}
          </div>
        )}
      </div>
    </Modal>
  )
}
