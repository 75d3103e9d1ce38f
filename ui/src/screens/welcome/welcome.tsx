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
import { t, T, list } from '../../words/words'
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
  if (tables.isPending) return <Waiting what={t('welcome.readingWhatIsThere')} />
  if (tables.isError) return <Trouble error={tables.error} again={() => tables.refetch()} />
  const reached = (grants.data?.grants.length ?? 0) > 0
  return (
    <>
      <div className="screen-head">
        <div>
          <h1>{session.account?.name ? t('welcome.hello', { name: session.account.name }) : t('all.firstSteps')}</h1>
          <p className="quiet">{t('welcome.fiveStepsToAnApp')}</p>
        </div>
      </div>
      <ol className="steps">
        <Account />
        <Step number={2} title={t('welcome.makeATable')} done={all.length > 0}>
          {all.length > 0 ? (
            <p className="quiet">{t('welcome.thereAre', { count: all.length, names: list(all.slice(0, 3).map((one) => one.name)) })}</p>
          ) : (
            <p className="quiet">{t('welcome.byAFormWhichBecomes')}</p>
          )}
          {mayMake && (
            <Link to="/data" className="button" data-kind={all.length > 0 ? undefined : 'main'}>
              {t('welcome.toTheTables')}
            </Link>
          )}
        </Step>
        <Step number={3} title={t('welcome.putARowIntoIt')} done={(rows.data?.rows.length ?? 0) > 0}>
          <p className="quiet">{t('welcome.insertOneByAForm')}</p>
          {first && (
            <Link to="/data/$schema/$table" params={{ schema: first.schema, table: first.name }} search={where as never} className="button">
              {t('welcome.toTable', { table: first.name })}
            </Link>
          )}
        </Step>
        <Step number={4} title={t('welcome.sayWhoMaySeeIt')} done={reached}>
          <p className="quiet">{t('welcome.aNewTableIsReachable')}</p>
          <Link to="/policies" search={where as never} className="button">
            {t('welcome.toThePolicies')}
          </Link>
        </Step>
        <Step number={5} title={t('all.connectAnApp')}>
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
          {done && <span className="out-of-sight"> {t('welcome.done')}</span>}
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
      <Step number={1} title={t('welcome.anAccountOfYourOwn')}>
        <p className="quiet">
          <T word="welcome.byLink" with={{ command: <code>mobo admin:link</code> }} />
        </p>
      </Step>
    )
  }
  return (
    <Step number={1} title={t('welcome.anAccountOfYourOwn')} done>
      <p className="quiet">
        {t(account.totp ? 'welcome.withFactor' : 'welcome.withoutFactor', { email: account.email })}
      </p>
      {!account.totp && !open && (
        <button type="button" className="button" onClick={() => setOpen(true)}>
          {t('welcome.setUpASecondFactor')}
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
    mutationFn: () => call('key:create', { name: t('welcome.firstApp'), kind: 'publishable', project: where.project }, { consent: 'yes' }),
    onSuccess: (told) => {
      showKey(told.key)
      say({ text: t('welcome.theKeyStandsInThe') })
      void queries.invalidateQueries({ queryKey: ['key:list'] })
    },
  })
  if (key) {
    return (
      <p className="row">
        <span className="quiet">{t('welcome.yourKeyShownThisOnce')}</span> <code className="key">{key}</code> <Copy text={key} />
      </p>
    )
  }
  return (
    <>
      <p className="quiet">{t('welcome.anAppNeedsTheAddress')}</p>
      {make.isError && <Trouble error={make.error} />}
      {may && (
        <button type="button" className="button" data-kind="main" disabled={make.isPending} onClick={() => make.mutate()}>
          {t('welcome.makeAPublishableKey')}
        </button>
      )}
    </>
  )
}
