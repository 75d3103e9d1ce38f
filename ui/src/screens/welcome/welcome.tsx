// What to do first: from an account to an app that reads its rows. Each step says by itself when it is
// done, and leads to where it is done.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { call } from '../../api/client'
import { useMay, useSession } from '../../frame/session-place'
import { Copy } from '../../parts/copy'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
import { useWhere } from '../../parts/where'
import { showKey, Snippets, useShownKey } from '../api/connect'
import './welcome.css'

const SecondFactor = lazy(() => import('../../frame/account-sheet').then((all) => ({ default: all.SecondFactor })))

export function WelcomeScreen() {
  const session = useSession()
  const [where] = useWhere()
  const tables = useQuery({ queryKey: ['schema:show', where], queryFn: () => call('schema:show', { ...where }) })
  const grants = useQuery({ queryKey: ['grant:list', where], queryFn: () => call('grant:list', { ...where }) })
  const mayMake = useMay('migrate:up')
  const all = tables.data?.tables?.filter((one) => one.kind === 'table') ?? []
  const first = all[0]
  const rows = useQuery({
    queryKey: ['rows:read', where, 'any', first?.schema, first?.name],
    enabled: first !== undefined,
    queryFn: () => call('rows:read', { ...where, table: `${first?.schema}.${first?.name}`, limit: 1 }),
  })
  if (tables.isPending) return <Waiting what="what is there" />
  if (tables.isError) return <Trouble error={tables.error} again={() => tables.refetch()} />
  const reached = (grants.data?.grants.length ?? 0) > 0
  return (
    <>
      <div className="screen-head">
        <div>
          <h1>{session.account?.name ? `Welcome, ${session.account.name}` : 'First steps'}</h1>
          <p className="quiet">Five steps to an app that reads its rows. None of them has to be done today.</p>
        </div>
      </div>
      <ol className="steps">
        <Account />
        <Step number={2} title="Make a table" done={all.length > 0}>
          {all.length > 0 ? (
            <p className="quiet">There {all.length === 1 ? 'is one' : `are ${all.length}`}: {all.slice(0, 3).map((one) => one.name).join(', ')}.</p>
          ) : (
            <p className="quiet">By a form, which becomes a migration; or write one, or SQL.</p>
          )}
          {mayMake && (
            <Link to="/data" className="button" data-kind={all.length > 0 ? undefined : 'main'}>
              To the tables
            </Link>
          )}
        </Step>
        <Step number={3} title="Put a row into it" done={(rows.data?.rows.length ?? 0) > 0}>
          <p className="quiet">Insert one by a form, or bring a CSV or JSON file.</p>
          {first && (
            <Link to="/data/$schema/$table" params={{ schema: first.schema, table: first.name }} search={where as never} className="button">
              To {first.name}
            </Link>
          )}
        </Step>
        <Step number={4} title="Say who may see it" done={reached}>
          <p className="quiet">A new table is reachable by nobody. A rule opens the rows that it names, and no more.</p>
          <Link to="/policies" search={where as never} className="button">
            To the policies
          </Link>
        </Step>
        <Step number={5} title="Connect an app">
          <Key />
          <Snippets table={first && (first.schema === 'public' ? first.name : `${first.schema}.${first.name}`)} />
        </Step>
      </ol>
    </>
  )
}

function Step({ number, title, done, children }: { number: number; title: string; done?: boolean; children: ReactNode }) {
  return (
    <li className="step" data-done={done || undefined}>
      <span className="step-number" aria-hidden="true">
        {done ? '✓' : number}
      </span>
      <div className="step-body">
        <h2>
          {title}
          {done && <span className="out-of-sight"> (done)</span>}
        </h2>
        {children}
      </div>
    </li>
  )
}

function Account() {
  const session = useSession()
  const [open, setOpen] = useState(false)
  const account = session.account
  if (!account) {
    return (
      <Step number={1} title="An account of your own">
        <p className="quiet">
          You are here by a link, as whoever made it. The first account is made by a link of <code>mobo admin:link</code>, by the one who opens it.
        </p>
      </Step>
    )
  }
  return (
    <Step number={1} title="An account of your own" done>
      <p className="quiet">
        {account.email}
        {account.totp ? ', with a second factor.' : '. A second factor keeps out whoever learns the password.'}
      </p>
      {!account.totp && !open && (
        <button type="button" className="button" onClick={() => setOpen(true)}>
          Set up a second factor
        </button>
      )}
      {open && (
        <Suspense fallback={null}>
          <SecondFactor on={account.totp} onDone={() => setOpen(false)} />
        </Suspense>
      )}
    </Step>
  )
}

function Key() {
  const [where] = useWhere()
  const queries = useQueryClient()
  const may = useMay('key:create')
  const key = useShownKey()
  const make = useMutation({
    mutationFn: () => call('key:create', { name: 'first app', kind: 'publishable', project: where.project }, { consent: 'yes' }),
    onSuccess: (told) => {
      showKey(told.key)
      say({ text: 'The key stands in the examples as long as this page is open' })
      void queries.invalidateQueries({ queryKey: ['key:list'] })
    },
  })
  if (key) {
    return (
      <p className="row">
        <span className="quiet">Your key, shown this once:</span> <code className="key">{key}</code> <Copy text={key} />
      </p>
    )
  }
  return (
    <>
      <p className="quiet">An app needs the address and a key. A publishable key may be seen: policies say what it reaches.</p>
      {make.isError && <Trouble error={make.error} />}
      {may && (
        <button type="button" className="button" data-kind="main" disabled={make.isPending} onClick={() => make.mutate()}>
          Make a publishable key
        </button>
      )}
    </>
  )
}
