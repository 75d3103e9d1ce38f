// Who may see and change which rows: the rules of each table in words and in SQL, what advisors say,
// and a playground that asks as somebody.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, type Output } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { Cell } from '../../parts/cell'
import { Field } from '../../parts/field'
import { Modal } from '../../parts/modal'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
import { useWhere, type Where, WherePicker } from '../../parts/where'
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
                .filter((one) => one.object === name || one.object.startsWith(`${name}.`) || one.object === `${table.schema}.${table.name}`)
                .map((one, n) => (
                  <p key={n} className="policy-finding">
                    <span className="badge" data-kind={one.level === 'error' ? 'bad' : 'warn'}>
                      {one.advisor}
                    </span>{' '}
                    {one.detail} {one.remedy && <code>{one.remedy}</code>}
                  </p>
                ))}
            </section>
          )
        })}
      </div>
      {making && <NewRule table={making} where={where} onClose={() => setMaking(undefined)} />}
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
        {rule.restrictive ? 'may only' : 'may'} {rule.for === 'all' ? 'do all' : rule.for}{' '}
        {rule.using || rule.check ? 'where' : 'every row'} <code>{rule.using ?? rule.check}</code>
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

const TEMPLATES = [
  { name: 'People see their own rows', verb: 'select', to: 'authenticated', body: 'using (owner_id = auth.uid())' },
  { name: 'People change their own rows', verb: 'update', to: 'authenticated', body: 'using (owner_id = auth.uid()) with check (owner_id = auth.uid())' },
  { name: 'People add rows of their own', verb: 'insert', to: 'authenticated', body: 'with check (owner_id = auth.uid())' },
  { name: 'Everyone reads what is published', verb: 'select', to: 'anon, authenticated', body: 'using (published)' },
  { name: 'Everyone reads everything', verb: 'select', to: 'anon, authenticated', body: 'using (true)' },
]

function NewRule({ table, where, onClose }: { table: string; where: Where; onClose: () => void }) {
  const queries = useQueryClient()
  const [text, setText] = useState('')
  const [grant, setGrant] = useState(true)
  const [verb, setVerb] = useState('select')
  const [to, setTo] = useState('authenticated')
  const make = useMutation({
    mutationFn: async () => {
      if (grant) {
        for (const role of to.split(',').map((one) => one.trim())) {
          await call('grant:add', { role, table, verbs: verb, ...where }, { consent: 'yes' })
        }
      }
      return call('policy:create', { statement: text, ...where }, { consent: 'yes' })
    },
    onSuccess: () => {
      say({ text: 'The rule is in force' })
      void queries.invalidateQueries({ queryKey: ['policy:list'] })
      void queries.invalidateQueries({ queryKey: ['grant:list'] })
      onClose()
    },
  })
  return (
    <Modal title={`A rule for ${table}`} onClose={onClose} wide>
      <div className="stack">
        <fieldset className="policy-templates">
          <legend>Begin with</legend>
          {TEMPLATES.map((one) => (
            <button
              key={one.name}
              type="button"
              className="button"
              onClick={() => {
                setVerb(one.verb)
                setTo(one.to)
                const name = one.name.toLowerCase().replaceAll(' ', '_')
                setText(`create policy ${name} on ${table}\n  for ${one.verb} to ${one.to}\n  ${one.body}`)
              }}
            >
              {one.name}
            </button>
          ))}
        </fieldset>
        <label className="field">
          PostgreSQL's words, on every engine
          <textarea className="mono" rows={5} spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} />
        </label>
        <label className="check">
          <input type="checkbox" checked={grant} onChange={(event) => setGrant(event.target.checked)} />
          also grant <strong>{verb}</strong> to <strong>{to}</strong>, without which no rule opens anything
        </label>
        {make.isError && <Trouble error={make.error} />}
        <div className="row">
          <button type="button" className="button" data-kind="main" disabled={!text.trim() || make.isPending} onClick={() => make.mutate()}>
            Bring it into force
          </button>
        </div>
      </div>
    </Modal>
  )
}

function Playground({ table, where, onClose }: { table: string; where: Where; onClose: () => void }) {
  const ask = useMutation({
    mutationFn: (who: { role?: string; user?: string }) => call('policy:test', { table, rows: 20, ...who, ...where }),
  })
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    ask.mutate({ role: String(form.get('role') || '') || undefined, user: String(form.get('user') || '') || undefined })
  }
  const columns = [...new Set(ask.data?.rows?.flatMap((row) => Object.keys(row)) ?? [])]
  return (
    <Modal title={`What would they see of ${table}?`} onClose={onClose} wide>
      <form className="stack" onSubmit={send}>
        <div className="row">
          <Field name="role" label="Role" placeholder="anon, authenticated …" defaultValue="anon" />
          <Field name="user" label="User's id" placeholder="as auth.uid() gives it" />
          <button type="submit" className="button" data-kind="main" disabled={ask.isPending}>
            Look
          </button>
        </div>
        {ask.isError && <Trouble error={ask.error} />}
        {ask.isSuccess && (
          <>
            <p role="status">
              <strong>
                {ask.data.sees} of {ask.data.of}
              </strong>{' '}
              rows. {ask.data.refused}
            </p>
            {columns.length > 0 && (
              <div className="scroll">
                <table className="table">
                  <thead>
                    <tr>
                      {columns.map((one) => (
                        <th key={one}>{one}</th>
                      ))}
                    </tr>
                  </thead>
                  <tbody>
                    {ask.data.rows.map((row, n) => (
                      <tr key={n}>
                        {columns.map((one) => (
                          <td key={one}>
                            <Cell value={row[one]} />
                          </td>
                        ))}
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
          </>
        )}
      </form>
    </Modal>
  )
}
