// One table: its rows in a grid, or what it is made of.

import { useMutation } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useEffect, useState } from 'react'
import { useMay } from '../../frame/session-place'
import { Menu } from '../../parts/menu'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
import { t } from '../../words/words'
import { ChangeSheet, DeleteSheet } from './bulk-sheet'
import { exportRows, ROWS_MAX } from './export'
import { FactsSheet } from './facts-sheet'
import { Filter } from './filter'
import { Grid } from './grid'
import { ImportSheet } from './import-sheet'
import { InsertSheet } from './insert-sheet'
import { Structure } from './structure'
import { type At, type Column, type Row, type Table, useTable } from './table'
import { undo, useLastChange } from './undo'
import { useRows } from './use-rows'
import { changeCell, type Which } from './writes'

export interface DataSearch {
  where?: string[]
  order?: string
  show?: 'structure'
  project?: string
  source?: string
}

export function TableView({ at, writable }: { at: At; writable: boolean }) {
  const table = useTable(at)
  if (table.isPending) return <Waiting what={at.table} />
  if (table.isError) return <Trouble error={table.error} again={() => table.refetch()} />
  return <Known table={table.data} writable={writable} />
}

function Known({ table, writable }: { table: Table; writable: boolean }) {
  const search = useSearch({ strict: false }) as DataSearch
  const navigate = useNavigate()
  const change = (next: Partial<DataSearch>) => void navigate({ to: '.', search: (before: DataSearch) => ({ ...before, ...next }), replace: true } as never)
  const [schema, ...rest] = table.at.table.split('.')
  const bare = rest.join('.')
  const structure = search.show === 'structure'
  return (
    <section className="data-table" data-named aria-label={table.at.table}>
      <div className="data-head">
        <h1>
          {schema !== 'public' && <span className="quiet" translate="no">{schema}.</span>}
          <bdi>{bare}</bdi>
        </h1>
        <nav className="tabs" aria-label={t('all.whatIsShown')}>
          <button type="button" aria-current={structure ? undefined : 'page'} onClick={() => change({ show: undefined })}>
            {t('all.rowsSmall')}
          </button>
          <button type="button" aria-current={structure ? 'page' : undefined} onClick={() => change({ show: 'structure' })}>
            {t('data.structure')}
          </button>
        </nav>
        {!writable && <span className="badge">{t('data.mayOnlyBeRead')}</span>}
      </div>
      {structure ? (
        <Structure
          table={table}
          writable={writable}
          onMoved={(name) =>
            void navigate((name ? { to: '/data/$schema/$table', params: { schema: schema ?? 'public', table: name }, search: { project: search.project, source: search.source } } : { to: '/data', search: { project: search.project, source: search.source } }) as never)
          }
        />
      ) : (
        <RowsView table={table} writable={writable} conditions={search.where ?? NONE} order={search.order} change={change} />
      )}
    </section>
  )
}

const NONE: string[] = []

type Sheet = { what: 'insert' | 'import' } | { what: 'delete' | 'change'; which: Which } | { what: 'facts'; column: Column }

interface RowsViewProps {
  table: Table
  writable: boolean
  conditions: string[]
  order?: string
  change: (next: Partial<DataSearch>) => void
}

function RowsView({ table, writable, conditions, order, change }: RowsViewProps) {
  const may = useMay('rows:update') && writable
  const rows = useRows(table, conditions, order)
  const last = useLastChange()
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set())
  const [anchor, setAnchor] = useState(0)
  const [sheet, setSheet] = useState<Sheet>()
  const [error, setError] = useState<unknown>()
  const close = () => setSheet(undefined)
  const after = useCallback(() => {
    setChosen(new Set())
    rows.reload()
  }, [rows.reload])
  useEffect(() => setChosen(new Set()), [conditions, order])

  const choose = useCallback(
    (n: number, upTo: boolean) =>
      setChosen((before) => {
        const next = new Set(before)
        if (upTo) for (let one = Math.min(n, anchor); one <= Math.max(n, anchor); one++) next.add(one)
        else if (!next.delete(n)) next.add(n)
        setAnchor(n)
        return next
      }),
    [anchor],
  )
  const readRows = () => Array.from({ length: Math.min(rows.count, CHOSEN_MAX) }, (_, n) => n).filter((n) => rows.rowAt(n))
  const picked = [...chosen].sort((a, b) => a - b).map((n) => rows.rowAt(n)).filter((row): row is Row => row !== undefined)
  const { put, reload } = rows
  const changed = useCallback(
    (n: number, row: Row, set: Row) => {
      setError(undefined)
      put(n, { ...row, ...set })
      changeCell(table, row, set, reload)
        .then((now) => put(n, now))
        .catch((problem: unknown) => {
          put(n, row)
          setError(problem)
        })
    },
    [table, put, reload],
  )
  const save = useMutation({
    mutationFn: (kind: 'csv' | 'json') => exportRows(table, conditions, order, kind, picked.length > 0 ? picked : undefined),
    onSuccess: (told) => say({ text: told.all ? t('data.rowsInFile', { count: told.rows }) : t('data.firstRowsInFile', { count: ROWS_MAX }) }),
    onError: setError,
  })
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      const typing = (event.target as HTMLElement).closest('input, textarea, [contenteditable]')
      if ((event.ctrlKey || event.metaKey) && event.key === 'z' && !typing) {
        event.preventDefault()
        void undo()
      }
    }
    window.addEventListener('keydown', key)
    return () => window.removeEventListener('keydown', key)
  }, [])

  const named = table.key.length > 0
  const which: Which = picked.length > 0 ? { rows: picked } : { where: conditions }
  const some = picked.length > 0 || (conditions.length > 0 && rows.count > 0)
  const trouble = rows.error ?? error
  return (
    <>
      <Filter table={table} conditions={conditions} onChange={(where) => change({ where: where.length > 0 ? where : undefined })} />
      <div className="data-bar">
        <p className="quiet" role="status">
          {rows.pending ? t('data.readingRows') : t(rows.guessed && rows.count > 1000 ? 'data.aboutRows' : 'all.rows', { count: rows.count })}
          {picked.length > 0 && `, ${t('data.chosen', { count: picked.length })}`}
        </p>
        <div className="row">
          {may && last && (
            <button type="button" className="button" data-kind="quiet" onClick={() => void undo()} title={t('data.takeBack', { what: last.text })}>
              {t('all.undo')}
            </button>
          )}
          {may && named && some && (
            <>
              <button type="button" className="button" onClick={() => setSheet({ what: 'change', which })}>
                {picked.length > 0 ? t('data.changeSome', { count: picked.length }) : t('data.changeAll')}
              </button>
              <button type="button" className="button" onClick={() => setSheet({ what: 'delete', which })}>
                {picked.length > 0 ? t('data.deleteSome', { count: picked.length }) : t('data.deleteAll')}
              </button>
            </>
          )}
          <button type="button" className="button" data-kind="quiet" onClick={() => rows.reload()}>
            {t('data.refresh')}
          </button>
          <Menu label={t('data.export')}>
            <button type="button" disabled={save.isPending} onClick={() => save.mutate('csv')}>
              {t('data.asCSV')}
            </button>
            <button type="button" disabled={save.isPending} onClick={() => save.mutate('json')}>
              {t('data.asJSON')}
            </button>
          </Menu>
          {may && (
            <>
              <button type="button" className="button" onClick={() => setSheet({ what: 'import' })}>
                {t('data.import')}
              </button>
              <button type="button" className="button" data-kind="main" onClick={() => setSheet({ what: 'insert' })}>
                {t('all.insert')}
              </button>
            </>
          )}
        </div>
      </div>
      {trouble !== undefined && <Trouble error={trouble} again={rows.error ? rows.reload : undefined} />}
      {!rows.pending && rows.count === 0 && !rows.error ? (
        <div className="empty card">
          <h2>{conditions.length > 0 ? t('data.noRowIsSo') : t('data.noRowYet')}</h2>
          <p>{conditions.length > 0 ? t('data.takeAConditionAwayAbove') : may ? t('data.insertOneOrImportA') : t('data.whoeverMayWriteHereCan')}</p>
        </div>
      ) : (
        <Grid
          table={table}
          rows={rows}
          order={order}
          onOrder={(column) => change({ order: order === column ? `-${column}` : order === `-${column}` ? undefined : column })}
          onFacts={(column) => setSheet({ what: 'facts', column })}
          chosen={chosen}
          onChoose={choose}
          onChooseAll={() => setChosen((before) => (before.size > 0 ? new Set() : new Set(readRows())))}
          may={may}
          onChange={changed}
          onDelete={() => may && named && picked.length > 0 && setSheet({ what: 'delete', which: { rows: picked } })}
        />
      )}
      {!named && may && <p className="quiet">{t('data.withoutAPrimaryKeyNo')}</p>}
      {sheet?.what === 'insert' && <InsertSheet table={table} onClose={close} after={after} />}
      {sheet?.what === 'import' && <ImportSheet table={table} onClose={close} after={after} />}
      {sheet?.what === 'delete' && <DeleteSheet table={table} which={sheet.which} onClose={close} after={after} />}
      {sheet?.what === 'change' && <ChangeSheet table={table} which={sheet.which} onClose={close} after={after} />}
      {sheet?.what === 'facts' && <FactsSheet table={table} column={sheet.column} onClose={close} onOrder={(next) => change({ order: next })} />}
    </>
  )
}

/** Rows that one box chooses: what one call can change. */
const CHOSEN_MAX = 1_000
