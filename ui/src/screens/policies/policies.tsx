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
    if (one.isPending) return <Waiting what="the rules" />
    if (one.isError) return <Trouble error={one.error} again={() => one.refetch()} />
  }
  const findings = lint.data?.findings ?? []
  return (
    <>
      <div className="screen-head">
        <div>
          <h1>Policies</h1>
          <p className="quiet">A new table is reachable by nobody until someone says so.</p>
        </div>
        <WherePicker />
      </div>
      {(policies.data?.problems?.length ?? 0) > 0 && (
        <div className="trouble" role="alert">
          <p>Some policies cannot be read; their tables are closed until they are mended.</p>
          {policies.data?.problems?.map((one) => <p key={one}>{one}</p>)}
        </div>
      )}
      {tables.data?.tables?.length === 0 && (
        <div className="empty">
          <h2>No table yet</h2>
          <p>Make one in Query, or with a migration; its rules are shown here then.</p>
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
                  {name} <State rights={rights.length} policies={own.length} open={open} />
                </h2>
                <div className="row">
                  <button type="button" className="button" onClick={() => setAsking(name)}>
                    What would … see?
                  </button>
                  {may && (
                    <button type="button" className="button" onClick={() => setMaking(name)}>
                      Add a rule
                    </button>
                  )}
                </div>
              </div>
              {rights.length > 0 && (
                <ul className="policy-rights">
                  {rights.map((one, n) => (
                    <li key={n}>
                      <strong>{one.role}</strong> may {one.verbs}
                      {one.columns && ` (${one.columns.join(', ')})`}
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
                        {one.advisor.replaceAll('_', ' ')}
                      </span>{' '}
                      {one.detail} <span className="quiet">{one.why}</span>
                    </p>
                    {one.remedy && mayMend && (
                      <button type="button" className="button" onClick={() => setMending({ name: one.advisor.replaceAll('_', ' '), up: one.remedy ?? '', down: '' })}>
                        Mend
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
  if (rights === 0) return <span className="badge">closed</span>
  if (open) return <span className="badge" data-kind="warn">every row open to who has a right</span>
  if (policies === 0) return <span className="badge">granted, no row open</span>
  return <span className="badge" data-kind="well">by rules</span>
}

const VERBS: Record<string, string> = { all: 'see and change', select: 'see', insert: 'add', update: 'change', delete: 'delete' }
const isAll = (text?: string | null) => !text || /^\(?true\)?$/i.test(text)

function Rule({ rule, where, may }: { rule: Policy; where: Where; may: boolean }) {
  const queries = useQueryClient()
  const drop = useMutation({
    mutationFn: () => call('policy:drop', { name: rule.name, table: rule.table, ...where }, { consent: 'destroy' }),
    onSuccess: () => {
      say({ text: `${rule.name} is gone` })
      void queries.invalidateQueries({ queryKey: ['policy:list'] })
    },
  })
  return (
    <div className="policy-rule">
      <p>
        <strong>{rule.name}</strong>: {rule.to.length ? rule.to.join(', ') : 'everyone'}{' '}
        {rule.restrictive ? 'may only' : 'may'} {VERBS[rule.for] ?? rule.for}{' '}
        {isAll(rule.using ?? rule.check) ? 'every row' : <>rows where <code>{rule.using ?? rule.check}</code></>}
        {rule.using && rule.check && rule.check !== rule.using && <>, and leave them so that <code>{rule.check}</code></>}
      </p>
      <details>
        <summary>As SQL</summary>
        <pre className="code">{rule.statement}</pre>
      </details>
      {drop.isError && <Trouble error={drop.error} />}
      {may && (
        <button type="button" className="button" data-kind="quiet" onClick={() => confirm(`Drop the rule ${rule.name}?`) && drop.mutate()}>
          Drop
        </button>
      )}
    </div>
  )
}
