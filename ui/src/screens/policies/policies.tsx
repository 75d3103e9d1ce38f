// Who may see and change which rows: the rules of each table in words and in SQL, what advisors say,
// and a playground that asks as somebody.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, type Output } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
import { useWhere, type Where, WherePicker } from '../../parts/where'
import { MigrationSheet } from '../data/change-sheet'
import type { Change } from '../data/ddl'
import { t, T } from '../../words/words'
import { NewRule } from './new-rule'
import { Playground } from './playground'
import './policies.css'

type Table = NonNullable<Output<'schema:show'>['tables']>[number]
type Policy = Output<'policy:list'>['policies'][number]

const nameOf = (table: Table) => (table.schema === 'public' ? table.name : `${table.schema}.${table.name}`)

export function PoliciesScreen() {
  const [where] = useWhere()
  const tables = useQuery({ queryKey: ['schema:show', where], queryFn: () => call('schema:show', { ...where, all: false }) })
  const policies = useQuery({ queryKey: ['policy:list', where], queryFn: () => call('policy:list', { ...where }) })
  const grants = useQuery({ queryKey: ['grant:list', where], queryFn: () => call('grant:list', { ...where }) })
  const lint = useQuery({ queryKey: ['schema:lint', where], queryFn: () => call('schema:lint', { ...where }) })
  const [making, setMaking] = useState<string>()
  const [asking, setAsking] = useState<string>()
  const may = useMay('policy:create')
  const mayMend = useMay('migrate:up')
  const [mending, setMending] = useState<Change>()
  for (const one of [tables, policies, grants]) {
    if (one.isPending) return <Waiting what={t('policies.readingTheRules')} />
    if (one.isError) return <Trouble error={one.error} again={() => one.refetch()} />
  }
  const findings = lint.data?.findings ?? []
  return (
    <>
      <div className="screen-head">
        <div>
          <h1>{t('policies.policies')}</h1>
          <p className="quiet">{t('policies.aNewTableIsReachable')}</p>
        </div>
        <WherePicker />
      </div>
      {(policies.data?.problems?.length ?? 0) > 0 && (
        <div className="trouble" role="alert">
          <p>{t('policies.somePoliciesCannotBeRead')}</p>
          {policies.data?.problems?.map((one) => <p key={one} lang="en">{one}</p>)}
        </div>
      )}
      {tables.data?.tables?.length === 0 && (
        <div className="empty">
          <h2>{t('policies.noTableYet')}</h2>
          <p>{t('policies.makeOneInQueryOr')}</p>
        </div>
      )}
      <div className="stack">
        {tables.data?.tables?.map((table) => {
          const name = nameOf(table)
          const own = policies.data?.policies?.filter((one) => one.table === name || one.table === `${table.schema}.${table.name}`) ?? []
          const rights = grants.data?.grants?.filter((one) => [name, `${table.schema}.${table.name}`, '*', `${table.schema}.*`].includes(one.on)) ?? []
          const open = policies.data?.open?.some((one) => one === name || one === `${table.schema}.${table.name}`) ?? false
          return (
            <section key={name} className="card stack policy-table" aria-label={name}>
              <div className="row-apart">
                <h2>
                  <span translate="no">{name}</span> <State rights={rights.length} policies={own.length} open={open} />
                </h2>
                <div className="row">
                  <button type="button" className="button" onClick={() => setAsking(name)}>
                    {t('policies.whatWouldSee')}
                  </button>
                  {may && (
                    <button type="button" className="button" onClick={() => setMaking(name)}>
                      {t('policies.addARule')}
                    </button>
                  )}
                </div>
              </div>
              {rights.length > 0 && (
                <ul className="policy-rights">
                  {rights.map((one, n) => (
                    <li key={n}>
                      <T word="policies.roleMay" with={{ role: <strong>{one.role}</strong>, verbs: <span translate="no">{one.verbs}</span> }} />
                      {one.columns && <span translate="no"> ({one.columns.join(', ')})</span>}
                    </li>
                  ))}
                </ul>
              )}
              {own.map((one) => (
                <Rule key={one.name} rule={one} where={where} may={may} />
              ))}
              {findings
                .filter((one) => one.object === name || one.object.startsWith(`${name}.`) || one.object === `${table.schema}.${table.name}` || one.object.startsWith(`${table.schema}.${table.name}.`))
                .map((one, n) => (
                  <div key={n} className="policy-finding row-apart">
                    <p>
                      <span className="badge" data-kind={one.level === 'error' ? 'bad' : one.level === 'warning' ? 'warn' : undefined}>
                        <span lang="en">{one.advisor.replaceAll('_', ' ')}</span>
                      </span>{' '}
                      <span lang="en">{one.detail}</span> <span className="quiet" lang="en">{one.why}</span>
                    </p>
                    {one.remedy && mayMend && (
                      <button type="button" className="button" onClick={() => setMending({ name: one.advisor.replaceAll('_', ' '), up: one.remedy ?? '', down: '' })}>
                        {t('policies.mend')}
                      </button>
                    )}
                  </div>
                ))}
            </section>
          )
        })}
      </div>
      {making && <NewRule table={making} where={where} onClose={() => setMaking(undefined)} />}
      {mending && <MigrationSheet change={mending} where={where} onClose={() => setMending(undefined)} onDone={() => setMending(undefined)} />}
      {asking && <Playground table={asking} where={where} onClose={() => setAsking(undefined)} />}
    </>
  )
}

function State({ rights, policies, open }: { rights: number; policies: number; open: boolean }) {
  if (rights === 0) return <span className="badge">{t('policies.closed')}</span>
  if (open) return <span className="badge" data-kind="warn">{t('policies.everyRowOpenToWho')}</span>
  if (policies === 0) return <span className="badge">{t('policies.grantedNoRowOpen')}</span>
  return <span className="badge" data-kind="well">{t('policies.byRules')}</span>
}

const VERBS = ['all', 'select', 'insert', 'update', 'delete'] as const
/** A rule as a sentence: who may do what, with which rows. */
function InWords({ rule }: { rule: Policy }) {
  const verb = VERBS.find((one) => one === rule.for) ?? 'all'
  const filling = {
    who: rule.to.length ? <bdi>{rule.to.join(', ')}</bdi> : t('policies.everyone'),
    rows: isAll(rule.using ?? rule.check) ? t('policies.everyRow') : <T word="policies.rowsWhere" with={{ condition: <code>{rule.using ?? rule.check}</code> }} />,
  }
  return (
    <>
      <T word={`policies.${rule.restrictive ? 'only' : 'may'}.${verb}`} with={filling} />
      {rule.using && rule.check && rule.check !== rule.using && <>, <T word="policies.leaveThem" with={{ condition: <code>{rule.check}</code> }} /></>}
    </>
  )
}

const isAll = (text?: string | null) => !text || /^\(?true\)?$/i.test(text)

function Rule({ rule, where, may }: { rule: Policy; where: Where; may: boolean }) {
  const queries = useQueryClient()
  const drop = useMutation({
    mutationFn: () => call('policy:drop', { name: rule.name, table: rule.table, ...where }, { consent: 'destroy' }),
    onSuccess: () => {
      say({ text: t('policies.ruleGone', { rule: rule.name }) })
      void queries.invalidateQueries({ queryKey: ['policy:list'] })
    },
  })
  return (
    <div className="policy-rule">
      <p>
        <strong translate="no">{rule.name}</strong>: <InWords rule={rule} />
      </p>
      <details>
        <summary>{t('policies.asSQL')}</summary>
        <pre className="code">{rule.statement}</pre>
      </details>
      {drop.isError && <Trouble error={drop.error} />}
      {may && (
        <button type="button" className="button" data-kind="quiet" onClick={() => confirm(t('policies.dropIt', { rule: rule.name })) && drop.mutate()}>
          {t('all.drop')}
        </button>
      )}
    </div>
  )
}
