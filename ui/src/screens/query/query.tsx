// SQL by hand: only reading until somebody says otherwise, as any role, with its plan, its rows and
// a quick chart.

import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { call, Problem } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { Ago } from '../../parts/ago'
import { Cell } from '../../parts/cell'
import { Menu } from '../../parts/menu'
import { saveFile, toCsv } from '../../parts/save-file'
import { Trouble } from '../../parts/trouble'
import { isHere, useSources, useWhere, WherePicker } from '../../parts/where'
import { t, T, ms } from '../../words/words'
import { canChart, Chart } from './chart'
import { Editor } from './editor'
import { type Kept, keep, readKept } from './kept'
import { Plan } from './plan'
import { Saved, SaveSheet } from './saved'
import './query.css'

/** Columns of so many tables are known to the editor by heart. */
const KNOWN_TABLES = 80
const ROWS = 1_000
const NEEDS_CONSENT = 'MF2024'

export function QueryScreen() {
  const [where] = useWhere()
  const sources = useSources()
  const source = sources.data?.sources.find((one) => isHere(one, where))
  const engine = source?.engine ?? 'sqlite'
  const mayWrite = useMay('sql:run')
  const maySave = useMay('query:save')
  const project = source?.project ?? where.project
  const [kept, setKept] = useState<Kept>(readKept)
  const [write, setWrite] = useState(false)
  const [role, setRole] = useState('')
  const [user, setUser] = useState('')
  const [chart, setChart] = useState(false)
  const [saving, setSaving] = useState(false)
  useEffect(() => keep(kept), [kept])
  const tab = kept.tabs.find((one) => one.id === kept.at) ?? kept.tabs[0]

  const catalog = useQuery({
    queryKey: ['catalog', where],
    queryFn: async () => {
      const all = await call('schema:show', { ...where, all: false })
      const names = (all.tables ?? []).slice(0, KNOWN_TABLES).map((one) => (one.schema === 'public' ? one.name : `${one.schema}.${one.name}`))
      const columns = await Promise.all(
        names.map(async (table) => [table, (await call('schema:show', { ...where, table, all: false })).columns?.map((one) => one.name) ?? []] as const),
      )
      return Object.fromEntries(columns) as Record<string, string[]>
    },
  })
  const tables = useMemo(() => catalog.data ?? {}, [catalog.data])

  const run = useMutation({
    mutationFn: ({ text, how, consent }: { text: string; how?: 'explain' | 'analyze'; consent?: string[] }) =>
      call(
        'sql:run',
        {
          sql: text,
          consent,
          ...where,
          write: write && !how,
          script: write && /;\s*\S/.test(text),
          role: role || undefined,
          user: role && user ? user : undefined,
          explain: how === 'explain',
          analyze: how === 'analyze',
          rows: ROWS,
        },
        { consent: consent ? 'destroy' : 'yes' },
      ),
    onSuccess: (_, { text }) =>
      setKept((before) => ({
        ...before,
        history: [{ text, at: new Date().toISOString() }, ...before.history.filter((one) => one.text !== text)],
      })),
  })
  const change = (text: string) =>
    setKept((before) => ({ ...before, tabs: before.tabs.map((one) => (one.id === before.at ? { ...one, text } : one)) }))
  const open = (text: string, name?: string) =>
    setKept((before) => {
      const id = Math.max(...before.tabs.map((one) => one.id)) + 1
      return { ...before, at: id, tabs: [...before.tabs, { id, name: name ?? t('query.tab', { number: id }), text }] }
    })
  const close = (id: number) =>
    setKept((before) => {
      const tabs = before.tabs.filter((one) => one.id !== id)
      if (tabs.length === 0) return { ...before, tabs: [{ id: 1, name: t('query.tab', { number: 1 }), text: '' }], at: 1 }
      return { ...before, tabs, at: before.at === id ? (tabs.at(-1)?.id ?? 1) : before.at }
    })
  // What would destroy is named by the board, each thing by itself.
  const wanted = run.error instanceof Problem && run.error.code === NEEDS_CONSENT ? [...(run.error.hint ?? '').matchAll(/`([^`]+)`/g)].map((one) => one[1] ?? '') : []
  const answer = run.data?.answers.at(-1)
  const columns = answer?.columns.map((one) => one.name) ?? []
  const rows = (answer?.rows ?? []) as unknown[][]
  const text = tab?.text ?? ''

  return (
    <>
      <div className="screen-head">
        <h1>{t('query.query')}</h1>
        <div className="row">
          <WherePicker />
          <Menu label={t('query.history')}>
            {kept.history.length === 0 && <p className="quiet menu-note">{t('query.nothingWasRunYet')}</p>}
            {kept.history.slice(0, 20).map((one) => (
              <button key={one.at} type="button" className="query-past" onClick={() => open(one.text)}>
                <code>{one.text.slice(0, 60)}</code> <span className="quiet"><Ago at={one.at} /></span>
              </button>
            ))}
          </Menu>
          {maySave && <Saved project={project} onOpen={open} />}
        </div>
      </div>
      <div className="query-tabs" role="group" aria-label={t('query.queries')}>
        {kept.tabs.map((one) => (
          <span key={one.id} className="query-tab" data-open={one.id === tab?.id || undefined}>
            <button type="button" aria-current={one.id === tab?.id ? 'true' : undefined} translate="no" onClick={() => setKept((before) => ({ ...before, at: one.id }))}>
              {one.name}
            </button>
            <button type="button" className="query-close" aria-label={t('query.close', { name: one.name })} onClick={() => close(one.id)}>
              ✕
            </button>
          </span>
        ))}
        <button type="button" className="button" data-kind="quiet" onClick={() => open('')} aria-label={t('query.aNewQuery')}>
          +
        </button>
      </div>
      <Editor text={text} onText={change} onRun={(chosen) => run.mutate({ text: chosen })} engine={engine} tables={tables} />
      <div className="row query-bar">
        <button type="button" className="button" data-kind="main" disabled={run.isPending || !text.trim()} onClick={() => run.mutate({ text })}>
          {t('all.run')}
        </button>
        <button type="button" className="button" disabled={run.isPending || !text.trim()} onClick={() => run.mutate({ text, how: 'explain' })}>
          {t('query.explain')}
        </button>
        {engine === 'postgres' && (
          <button type="button" className="button" data-kind="quiet" disabled={run.isPending || !text.trim()} onClick={() => run.mutate({ text, how: 'analyze' })}>
            {t('query.runAndExplain')}
          </button>
        )}
        {mayWrite && (
          <label className="check">
            <input type="checkbox" checked={write} onChange={(event) => setWrite(event.target.checked)} />
            {t('query.mayWrite')}
          </label>
        )}
        {engine === 'postgres' && (
          <>
            <input className="input query-role" aria-label={t('query.asRole')} placeholder={t('query.asRoleSuch', { role: 'authenticated' })} value={role} onChange={(event) => setRole(event.target.value)} />
            {role && <input className="input query-role" aria-label={t('query.asUser')} placeholder={t('query.asUserId')} value={user} onChange={(event) => setUser(event.target.value)} />}
          </>
        )}
        {maySave && (
          <button type="button" className="button" data-kind="quiet" disabled={!text.trim()} onClick={() => setSaving(true)}>
            {t('all.save')}
          </button>
        )}
      </div>
      {saving && tab && (
        <SaveSheet
          name={tab.name}
          sql={text}
          project={project}
          onClose={() => setSaving(false)}
          onSaved={(name) => {
            setSaving(false)
            setKept((before) => ({ ...before, tabs: before.tabs.map((one) => (one.id === tab.id ? { ...one, name } : one)) }))
          }}
        />
      )}
      {run.isError && <Trouble error={run.error} />}
      {run.isError && wanted.length > 0 && (
        <div className="row query-consent">
          <button type="button" className="button" data-kind="bad" onClick={() => run.mutate({ text: run.variables.text, consent: wanted })}>
            <T word="all.yesTo" with={{ what: <span translate="no">{wanted.join(', ')}</span> }} />
          </button>
        </div>
      )}
      {run.data?.plan && <Plan lines={run.data.plan} />}
      {run.isSuccess && !run.data.plan && answer && (
        <section aria-label={t('all.result')} className="stack">
          <div className="row-apart">
            <p className="quiet">
              {t(answer.more ? 'query.rowsAndMore' : 'query.rowsIn', { count: answer.count, time: ms(run.data.took_ms) })}
            </p>
            {rows.length > 0 && (
              <div className="row">
                {canChart({ columns, rows }) && (
                  <button type="button" className="button" aria-pressed={chart} onClick={() => setChart(!chart)}>
                    {t('query.chart')}
                  </button>
                )}
                <button type="button" className="button" onClick={() => saveFile('result.csv', 'text/csv', toCsv(columns, rows))}>
                  <span translate="no">CSV</span>
                </button>
                <button
                  type="button"
                  className="button"
                  onClick={() =>
                    saveFile('result.json', 'application/json', JSON.stringify(rows.map((row) => Object.fromEntries(columns.map((name, n) => [name, row[n]]))), null, 2))
                  }
                >
                  <span translate="no">JSON</span>
                </button>
              </div>
            )}
          </div>
          {chart && canChart({ columns, rows }) && <Chart columns={columns} rows={rows} />}
          {columns.length > 0 && (
            <div className="card scroll query-rows" tabIndex={0} role="region" aria-label={t('all.rowsSmall')}>
              <table className="table">
                <thead>
                  <tr>
                    {answer.columns.map((one, n) => (
                      <th key={n}>
                        <span translate="no">{one.name}</span> <span className="query-type" translate="no">{one.type}</span>
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {rows.map((row, n) => (
                    <tr key={n}>
                      {row.map((value, m) => (
                        <td key={m}>
                          <Cell value={value} />
                        </td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </section>
      )}
    </>
  )
}
