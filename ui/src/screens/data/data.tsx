// Rows of every source: a tree of tables, and a grid that reads only what is on the screen. A cell is
// changed in place; what was there before is kept, so that a slip can be taken back.

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef, useState } from 'react'
import { call, type Output } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { Cell } from '../../parts/cell'
import { saveFile, toCsv } from '../../parts/save-file'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
import { useSources, useWhere, WherePicker } from '../../parts/where'
import { CellEditor } from './cell-editor'
import './data.css'
import { InsertSheet } from './insert-sheet'

export type Shown = Output<'schema:show'>
export type Column = NonNullable<Shown['columns']>[number]
export type Row = Record<string, unknown>

/** Rows of one reading; the next is read before the end is reached. */
const PAGE = 200
const LINE = 34

interface DataSearch {
  where?: string[]
  order?: string
  project?: string
  source?: string
}

export function DataScreen() {
  const { schema, table } = useParams({ strict: false }) as { schema?: string; table?: string }
  const [where] = useWhere()
  const sources = useSources()
  const tables = useQuery({ queryKey: ['schema:show', where], queryFn: () => call('schema:show', { ...where }) })
  const [words, setWords] = useState('')
  const writable = sources.data?.sources.find((one) => (where.source ? one.source === where.source : one.primary))?.writable ?? true
  return (
    <div className="data">
      <aside className="data-tree" aria-label="Tables" data-open={table ? undefined : true}>
        <WherePicker />
        <input className="input" type="search" aria-label="Find a table" placeholder="Find a table" value={words} onChange={(event) => setWords(event.target.value)} />
        {tables.isPending && <Waiting what="the tables" />}
        {tables.isError && <Trouble error={tables.error} again={() => tables.refetch()} />}
        {tables.data?.tables?.length === 0 && (
          <p className="quiet">
            No table yet. <Link to="/query">Make one with SQL</Link>, or with a migration.
          </p>
        )}
        <ul>
          {tables.data?.tables
            ?.filter((one) => `${one.schema}.${one.name}`.toLowerCase().includes(words.toLowerCase()))
            .map((one) => (
              <li key={`${one.schema}.${one.name}`}>
                <Link
                  to="/data/$schema/$table"
                  params={{ schema: one.schema, table: one.name }}
                  search={where as never}
                  aria-current={one.schema === schema && one.name === table ? 'page' : undefined}
                >
                  {one.schema !== 'public' && <span className="quiet">{one.schema}.</span>}
                  {one.name}
                  {one.kind !== 'table' && <span className="badge">{one.kind}</span>}
                </Link>
              </li>
            ))}
        </ul>
      </aside>
      {schema && table ? (
        <Grid key={`${where.project}/${where.source}/${schema}.${table}`} schema={schema} table={table} writable={writable} />
      ) : (
        <section className="empty">
          <h1>Data</h1>
          <p>Choose a table to see its rows.</p>
        </section>
      )}
    </div>
  )
}

function Grid({ schema, table, writable }: { schema: string; table: string; writable: boolean }) {
  const [where] = useWhere()
  const search = useSearch({ strict: false }) as DataSearch
  const navigate = useNavigate()
  const queries = useQueryClient()
  const may = useMay('rows:update') && writable
  const name = `${schema}.${table}`
  const at = { table: name, ...where }
  const conditions = search.where ?? []
  const order = search.order
  const change = (next: Partial<DataSearch>) =>
    void navigate({ to: '.', search: (before: DataSearch) => ({ ...before, ...next }), replace: true } as never)

  const shown = useQuery({ queryKey: ['schema:show', where, name], queryFn: () => call('schema:show', { ...where, table: name }) })
  const columns = shown.data?.columns ?? []
  const key = shown.data?.keys?.find((one) => one.kind === 'primary')?.columns ?? []
  const sorted = [order ?? key[0]].filter((one): one is string => Boolean(one))
  const rowsKey = ['rows:read', where, name, conditions, sorted]
  const pages = useInfiniteQuery({
    queryKey: rowsKey,
    enabled: shown.isSuccess,
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) =>
      call(
        'rows:read',
        { ...at, where: conditions, order: sorted, limit: PAGE, offset: pageParam, count: pageParam === 0 ? 'estimated' : undefined },
        { signal },
      ),
    getNextPageParam: (last, all) => (last.more ? all.length * PAGE : undefined),
  })
  const rows = useMemo(() => (pages.data?.pages ?? []).flatMap((one) => one.rows as Row[]), [pages.data])
  const count = pages.data?.pages[0]?.count
  const [chosen, setChosen] = useState<Set<number>>(new Set())
  const [editing, setEditing] = useState<{ row: number; column: string }>()
  const [inserting, setInserting] = useState(false)
  const [condition, setCondition] = useState('')
  const again = () => queries.invalidateQueries({ queryKey: ['rows:read', where, name] })

  const keyOf = (row: Row) => key.map((column) => `${quoted(column)} = ${String(row[column] ?? '')}`)
  const update = useMutation({
    mutationFn: ({ row, set }: { row: Row; set: Row }) => call('rows:update', { ...at, where: keyOf(row), set, most: 1 }, { consent: 'yes' }),
    onSuccess: (done, { row, set }) => {
      const before = done.before?.[0] as Row | undefined
      void again()
      say({
        text: `${Object.keys(set).join(', ')} changed`,
        undo: before && (() => update.mutate({ row: { ...row, ...pick(set, set) }, set: pick(before, set) })),
      })
    },
  })
  const remove = useMutation({
    mutationFn: async (gone: Row[]) => {
      const before: Row[] = []
      for (const row of gone) {
        const done = await call('rows:delete', { ...at, where: keyOf(row), most: 1 }, { consent: 'destroy' })
        before.push(...((done.before ?? []) as Row[]))
      }
      return before
    },
    onSuccess: (before) => {
      setChosen(new Set())
      void again()
      say({
        text: `${before.length} ${before.length === 1 ? 'row is' : 'rows are'} gone`,
        undo: () => void call('rows:insert', { ...at, rows: before }, { consent: 'yes' }).then(again),
      })
    },
  })

  const place = useRef<HTMLDivElement>(null)
  const lines = useVirtualizer({
    count: rows.length + (pages.hasNextPage ? 1 : 0),
    getScrollElement: () => place.current,
    estimateSize: () => LINE,
    overscan: 12,
  })
  const visible = lines.getVirtualItems()
  const last = visible.at(-1)
  if (last && last.index >= rows.length - PAGE / 4 && pages.hasNextPage && !pages.isFetchingNextPage) void pages.fetchNextPage()

  if (shown.isPending) return <Waiting what={name} />
  if (shown.isError) return <Trouble error={shown.error} again={() => shown.refetch()} />
  const template = `2.5rem repeat(${columns.length}, minmax(9rem, 1fr))`
  const picked = [...chosen].map((n) => rows[n]).filter((row): row is Row => Boolean(row))
  const trouble = pages.error ?? update.error ?? remove.error
  return (
    <section className="data-table" aria-label={name}>
      <div className="screen-head">
        <div>
          <h1>{schema === 'public' ? table : name}</h1>
          <p className="quiet">
            {count !== undefined && count !== null && `about ${count.toLocaleString()} rows`}
            {!writable && ', may only be read'}
          </p>
        </div>
        <div className="row">
          {may && picked.length > 0 && (
            <button
              type="button"
              className="button"
              data-kind="bad"
              disabled={key.length === 0 || remove.isPending}
              onClick={() => confirm(`Delete ${picked.length} rows?`) && remove.mutate(picked)}
            >
              Delete {picked.length}
            </button>
          )}
          <button
            type="button"
            className="button"
            onClick={() => {
              const names = columns.map((one) => one.name)
              saveFile(`${table}.csv`, 'text/csv', toCsv(names, (picked.length ? picked : rows).map((row) => names.map((one) => row[one]))))
            }}
          >
            CSV
          </button>
          {may && (
            <button type="button" className="button" data-kind="main" onClick={() => setInserting(true)}>
              Insert
            </button>
          )}
        </div>
      </div>
      <form
        className="row data-filter"
        onSubmit={(event) => {
          event.preventDefault()
          if (condition.trim()) change({ where: [...conditions, condition.trim()] })
          setCondition('')
        }}
      >
        {conditions.map((one) => (
          <button key={one} type="button" className="badge" onClick={() => change({ where: conditions.filter((other) => other !== one) })}>
            {one} ✕
          </button>
        ))}
        <input
          className="input"
          aria-label="A condition"
          placeholder={`A condition: ${columns[1]?.name ?? 'name'} like A%   or   ${columns[0]?.name ?? 'id'} >= 10`}
          value={condition}
          onChange={(event) => setCondition(event.target.value)}
        />
      </form>
      {trouble && <Trouble error={trouble} again={() => pages.refetch()} />}
      {pages.isSuccess && rows.length === 0 ? (
        <div className="empty">
          <p>{conditions.length ? 'No row satisfies these conditions.' : 'No row yet.'}</p>
        </div>
      ) : (
        <div ref={place} className="grid-scroll" role="grid" aria-label={`Rows of ${name}`} aria-rowcount={count ?? -1} tabIndex={0}>
          <div className="grid-head grid-line" role="row" style={{ gridTemplateColumns: template }}>
            <span role="columnheader" aria-label="Chosen" />
            {columns.map((column) => {
              const down = order === `-${column.name}`
              const up = order === column.name
              return (
                <span key={column.name} role="columnheader" aria-sort={down ? 'descending' : up ? 'ascending' : 'none'}>
                  <button
                    type="button"
                    className="grid-sort"
                    title={[column.comment, column.default && `default ${column.default}`, column.nullable ? 'may be null' : 'never null'].filter(Boolean).join(', ')}
                    onClick={() => change({ order: up ? `-${column.name}` : down ? undefined : column.name })}
                  >
                    {key.includes(column.name) && <span className="badge">key</span>}
                    {column.name} <span className="query-type">{column.type}</span>
                    {up && ' ↑'}
                    {down && ' ↓'}
                  </button>
                </span>
              )
            })}
          </div>
          <div style={{ blockSize: lines.getTotalSize(), position: 'relative' }} role="rowgroup">
            {visible.map((line) => {
              const row = rows[line.index]
              return (
                <div
                  key={line.key}
                  className="grid-line"
                  role="row"
                  aria-rowindex={line.index + 2}
                  data-chosen={chosen.has(line.index) || undefined}
                  style={{ gridTemplateColumns: template, position: 'absolute', insetBlockStart: line.start, blockSize: LINE }}
                >
                  {row ? (
                    <>
                      <span role="gridcell">
                        <input
                          type="checkbox"
                          aria-label={`Row ${line.index + 1}`}
                          checked={chosen.has(line.index)}
                          onChange={() =>
                            setChosen((before) => {
                              const next = new Set(before)
                              if (!next.delete(line.index)) next.add(line.index)
                              return next
                            })
                          }
                        />
                      </span>
                      {columns.map((column) => (
                        <span
                          key={column.name}
                          role="gridcell"
                          tabIndex={0}
                          className="grid-cell"
                          onDoubleClick={() => may && key.length > 0 && setEditing({ row: line.index, column: column.name })}
                          onKeyDown={(event) => {
                            if (event.key === 'Enter' && may && key.length > 0 && !column.generated) {
                              event.preventDefault()
                              setEditing({ row: line.index, column: column.name })
                            }
                          }}
                        >
                          {editing?.row === line.index && editing.column === column.name ? (
                            <CellEditor
                              column={column}
                              value={row[column.name]}
                              onDone={(value) => {
                                setEditing(undefined)
                                if (value !== undefined) update.mutate({ row, set: { [column.name]: value } })
                              }}
                            />
                          ) : (
                            <Cell value={row[column.name]} />
                          )}
                        </span>
                      ))}
                    </>
                  ) : (
                    <span className="quiet">…</span>
                  )}
                </div>
              )
            })}
          </div>
        </div>
      )}
      {key.length === 0 && may && <p className="quiet">Without a primary key no single row can be named: rows are only read here.</p>}
      {inserting && <InsertSheet at={at} columns={columns} onClose={() => setInserting(false)} after={again} />}
    </section>
  )
}

const quoted = (name: string) => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`)
const pick = (from: Row, like: Row): Row => Object.fromEntries(Object.keys(like).map((name) => [name, from[name] ?? null]))
