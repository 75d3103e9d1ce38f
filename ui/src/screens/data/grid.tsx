// The grid: a million rows of thirty columns, of which only what is seen is there. One cell is the
// reader's place; the keyboard moves it, Enter changes it.

import { memo, useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { Cell } from '../../parts/cell'
import { t } from '../../words/words'
import { CellEditor } from './cell-editor'
import { type Column, kindOf, type Row, type Table } from './table'
import type { Rows } from './use-rows'

const LINE = 33
const HEAD = 36
/** The first column: the row's box. */
const BOX = 44
/** Rows beyond what is seen, so that a slow frame shows no gap. */
const SPARE = 6
/** Browsers draw no element that is much higher; longer tables are scrolled through faster. */
const HEIGHT_MAX = 12_000_000
const NARROWEST = 60
/** Rows stand at most so far from their layer's edge: numbers beyond millions of pixels lose their last digits. */
const STRETCH = 1_000

interface GridProps {
  table: Table
  rows: Rows
  order?: string
  onOrder: (column: string) => void
  onFacts: (column: Column) => void
  chosen: ReadonlySet<number>
  onChoose: (n: number, upTo: boolean) => void
  onChooseAll: () => void
  may: boolean
  onChange: (n: number, row: Row, set: Row) => void
  onDelete: () => void
}

interface Seen {
  first: number
  last: number
  left: number
  right: number
}

export function Grid({ table, rows, order, onOrder, onFacts, chosen, onChoose, onChooseAll, may, onChange, onDelete }: GridProps) {
  const { columns } = table
  const { count, look } = rows
  const id = useId()
  const place = useRef<HTMLDivElement>(null)
  const layer = useRef<HTMLDivElement>(null)
  const [widths, setWidth] = useWidths(table)
  const lefts = useMemo(() => {
    let left = BOX
    return columns.map((one) => {
      const here = left
      left += widths[one.name] ?? widthOf(one, table)
      return here
    })
  }, [columns, widths, table])
  const widthAt = (n: number) => widths[columns[n]?.name ?? ''] ?? (columns[n] ? widthOf(columns[n], table) : 0)
  const width = (lefts.at(-1) ?? BOX) + widthAt(columns.length - 1)
  const full = count * LINE
  const height = Math.min(full, HEIGHT_MAX)

  const [seen, setSeen] = useState<Seen>({ first: 0, last: 0, left: 0, right: 0 })
  const [at, setAt] = useState<{ row: number; column: number }>({ row: 0, column: 0 })
  const [editing, setEditing] = useState(false)

  /** How far down the whole table the eye is, in its own pixels. */
  const topOf = useCallback(
    (box: HTMLElement) => {
      const view = box.clientHeight - HEAD
      return full > height ? (box.scrollTop * (full - view)) / Math.max(1, height - view) : box.scrollTop
    },
    [full, height],
  )
  const drawn = useRef(0)
  const settle = useCallback(() => {
    const box = place.current
    if (box && layer.current) layer.current.style.transform = `translateY(${drawn.current * LINE - topOf(box) + box.scrollTop}px)`
  }, [topOf])
  const measure = useCallback(() => {
    const box = place.current
    if (!box) return
    const top = topOf(box)
    const first = Math.max(0, Math.floor(top / LINE) - SPARE)
    const last = Math.min(count, Math.ceil((top + box.clientHeight) / LINE) + SPARE)
    const [from, to] = [box.scrollLeft, box.scrollLeft + box.clientWidth]
    let left = lefts.findIndex((start, n) => start + (lefts[n + 1] ?? width) - start > from)
    if (left < 0) left = 0
    let right = lefts.findIndex((start) => start > to)
    if (right < 0) right = columns.length
    settle()
    setSeen((before) => (before.first === first && before.last === last && before.left === left && before.right === right ? before : { first, last, left, right }))
  }, [topOf, settle, count, lefts, width, columns.length])
  useLayoutEffect(measure, [measure])
  const base = seen.first - (seen.first % STRETCH)
  useLayoutEffect(() => {
    drawn.current = base
    settle()
  }, [base, settle])
  useEffect(() => {
    const box = place.current
    if (!box) return
    const watch = new ResizeObserver(measure)
    watch.observe(box)
    return () => watch.disconnect()
  }, [measure])
  useEffect(() => look(seen.first, Math.max(seen.first, seen.last - 1)), [look, seen.first, seen.last])

  const show = (row: number, column: number) => {
    const box = place.current
    if (!box) return
    const [top, view] = [topOf(box), box.clientHeight - HEAD]
    const scale = full > height ? Math.max(1, height - view) / (full - view) : 1
    if (row * LINE < top) box.scrollTop = row * LINE * scale
    else if ((row + 1) * LINE > top + view) box.scrollTop = Math.ceil(((row + 1) * LINE - view) * scale)
    const [start, wide] = [lefts[column] ?? 0, widthAt(column)]
    if (start < box.scrollLeft + BOX) box.scrollLeft = start - BOX
    else if (start + wide > box.scrollLeft + box.clientWidth) box.scrollLeft = start + wide - box.clientWidth
  }
  const go = (row: number, column: number) => {
    const next = { row: clamp(row, count - 1), column: clamp(column, columns.length - 1) }
    setAt(next)
    show(next.row, next.column)
  }
  const canEdit = (column?: Column) => may && table.key.length > 0 && column !== undefined && !column.generated && kindOf(column, table) !== 'bytes'

  const isEditing = editing && canEdit(columns[at.column])
  const keys = (event: React.KeyboardEvent) => {
    if (isEditing || event.target !== event.currentTarget) return
    const page = Math.max(1, Math.floor(((place.current?.clientHeight ?? 0) - HEAD) / LINE) - 1)
    const whole = event.ctrlKey || event.metaKey
    switch (event.key) {
      case 'ArrowDown': go(whole ? count - 1 : at.row + 1, at.column); break
      case 'ArrowUp': go(whole ? 0 : at.row - 1, at.column); break
      case 'ArrowRight': go(at.row, at.column + 1); break
      case 'ArrowLeft': go(at.row, at.column - 1); break
      case 'PageDown': go(at.row + page, at.column); break
      case 'PageUp': go(at.row - page, at.column); break
      case 'Home': go(whole ? 0 : at.row, 0); break
      case 'End': go(whole ? count - 1 : at.row, columns.length - 1); break
      case ' ': onChoose(at.row, event.shiftKey); break
      case 'Delete': onDelete(); break
      case 'Enter':
      case 'F2':
        if (canEdit(columns[at.column]) && rows.rowAt(at.row)) setEditing(true)
        break
      case 'c': {
        if (!whole) return
        const value = rows.rowAt(at.row)?.[columns[at.column]?.name ?? '']
        void navigator.clipboard.writeText(value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value))
        break
      }
      default: return
    }
    event.preventDefault()
  }
  const press = useCallback((row: number, column: number, twice: boolean) => {
    setAt({ row, column })
    if (twice) setEditing(true)
  }, [])
  const end = useCallback((n: number, row: Row, column: Column, value?: unknown) => {
    setEditing(false)
    place.current?.focus({ preventScroll: true })
    if (value !== undefined) onChange(n, row, { [column.name]: value })
  }, [onChange])

  const lines = []
  // As many elements as rows are seen: each is used again for another row.
  const pool = Math.max(1, seen.last - seen.first)
  for (let n = seen.first; n < Math.min(seen.last, count); n++) {
    lines.push(
      <Line
        key={n % pool}
        id={id}
        n={n}
        base={base}
        row={rows.rowAt(n)}
        table={table}
        left={seen.left}
        right={seen.right}
        lefts={lefts}
        width={width}
        widths={widths}
        here={at.row === n ? at.column : undefined}
        editing={isEditing && at.row === n ? at.column : undefined}
        chosen={chosen.has(n)}
        onChoose={onChoose}
        onPress={press}
        onEnd={end}
      />,
    )
  }
  return (
    <div
      ref={place}
      className="grid"
      role="grid"
      aria-label={t('data.rowsOf', { table: table.at.table })}
      aria-rowcount={count + 1}
      aria-colcount={columns.length + 1}
      aria-activedescendant={at.row >= seen.first && at.row < seen.last ? `${id}-${at.row}-${at.column}` : undefined}
      tabIndex={0}
      onScroll={measure}
      onKeyDown={keys}
    >
      <div className="grid-head" role="rowgroup" style={{ inlineSize: width, blockSize: HEAD }}>
        <div role="row" aria-rowindex={1} className="grid-line">
          <span role="columnheader" aria-colindex={1} className="grid-box">
            <input type="checkbox" aria-label={t('data.allRowsThatAreRead')} checked={count > 0 && chosen.size >= Math.min(count, 1000) && chosen.size > 0} onChange={onChooseAll} tabIndex={-1} />
          </span>
          {columns.slice(seen.left, seen.right).map((column, n) => {
            const where = seen.left + n
            const down = order === `-${column.name}`
            const up = order === column.name
            return (
              <span
                key={column.name}
                role="columnheader"
                aria-colindex={where + 2}
                aria-sort={down ? 'descending' : up ? 'ascending' : 'none'}
                className="grid-name"
                style={{ insetInlineStart: lefts[where], inlineSize: widthAt(where) }}
              >
                <button type="button" className="grid-sort" onClick={() => onOrder(column.name)} title={t('data.sortBy', { column: column.name })}>
                  {table.key.includes(column.name) && <Mark path="M15 7a4 4 0 11-3.9 5H7v3H4v-3H2v-2h9.1A4 4 0 0115 7z" label={t('all.key')} />}
                  {table.references.has(column.name) && <Mark path="M9 15l6-6M8 9l-3 3a3 3 0 004 4l3-3M16 15l3-3a3 3 0 00-4-4l-3 3" label={t('data.pointsToAnotherTable')} />}
                  <span className="grid-title" translate="no">{column.name}</span>
                  <span className="query-type" translate="no">{brief(column.type)}</span>
                  {up && ' ↑'}
                  {down && ' ↓'}
                </button>
                <button type="button" className="grid-facts" aria-label={t('data.aboutColumn', { column: column.name })} onClick={() => onFacts(column)}>
                  ⋯
                </button>
                <Grip onWidth={(by) => setWidth(column.name, Math.max(NARROWEST, widthAt(where) + by))} />
              </span>
            )
          })}
        </div>
      </div>
      <div className="grid-sheet" role="rowgroup" style={{ blockSize: height, inlineSize: width }}>
        <div ref={layer} className="grid-layer">
          {lines}
        </div>
      </div>
    </div>
  )
}

interface LineProps {
  id: string
  n: number
  base: number
  row?: Row
  table: Table
  left: number
  right: number
  lefts: number[]
  width: number
  widths: Record<string, number>
  here?: number
  editing?: number
  chosen: boolean
  onChoose: (n: number, upTo: boolean) => void
  onPress: (row: number, column: number, twice: boolean) => void
  onEnd: (n: number, row: Row, column: Column, value?: unknown) => void
}

const Line = memo(function Line({ id, n, base, row, table, left, right, lefts, width, widths, here, editing, chosen, onChoose, onPress, onEnd }: LineProps) {
  return (
    <div
      className="grid-line"
      role="row"
      aria-rowindex={n + 2}
      aria-selected={chosen}
      style={{ transform: `translateY(${(n - base) * LINE}px)`, inlineSize: width }}
    >
      <span role="gridcell" aria-colindex={1} className="grid-box">
        <input type="checkbox" aria-label={t('data.rowNumber', { number: n + 1 })} checked={chosen} tabIndex={-1} onChange={(event) => onChoose(n, (event.nativeEvent as MouseEvent).shiftKey)} />
      </span>
      {table.columns.slice(left, right).map((column, m) => {
        const where = left + m
        return (
          <span
            key={where}
            id={`${id}-${n}-${where}`}
            role="gridcell"
            aria-colindex={where + 2}
            className="grid-cell"
            data-here={here === where || undefined}
            data-kind={kindOf(column)}
            style={{ insetInlineStart: lefts[where], inlineSize: widths[column.name] ?? widthOf(column, table) }}
            onMouseDown={(event) => editing !== where && event.detail < 2 && onPress(n, where, false)}
            onDoubleClick={() => row && onPress(n, where, true)}
          >
            {!row ? (
              <span className="grid-waits" />
            ) : editing === where ? (
              <CellEditor column={column} table={table} value={row[column.name]} onDone={(value) => onEnd(n, row, column, value)} />
            ) : (
              <Cell value={row[column.name]} />
            )}
          </span>
        )
      })}
    </div>
  )
})

function Grip({ onWidth }: { onWidth: (by: number) => void }) {
  const from = useRef(0)
  return (
    <span
      className="grid-grip"
      aria-hidden="true"
      onPointerDown={(event) => {
        from.current = event.clientX
        event.currentTarget.setPointerCapture(event.pointerId)
      }}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
        onWidth(event.clientX - from.current)
        from.current = event.clientX
      }}
    />
  )
}

function Mark({ path, label }: { path: string; label: string }) {
  return (
    <svg className="grid-mark" viewBox="0 0 24 24" width="13" height="13" fill="none" stroke="currentColor" strokeWidth="2" role="img" aria-label={label}>
      <path d={path} />
    </svg>
  )
}

const clamp = (n: number, last: number) => Math.max(0, Math.min(n, last))

/** `timestamp with time zone` is known by a shorter name. */
const brief = (type: string) =>
  type.replace('timestamp with time zone', 'timestamptz').replace('timestamp without time zone', 'timestamp').replace('character varying', 'varchar').replace('double precision', 'float8')

function widthOf(column: Column, table: Table): number {
  const head = column.name.length * 8 + brief(column.type).length * 6.5 + 60
  const body = { yes: 90, whole: 100, number: 110, date: 120, time: 110, moment: 220, json: 240, list: 200, choice: 130, reference: 110, bytes: 160, text: 200 }[kindOf(column, table)]
  return Math.round(Math.max(head, /uuid/.test(column.type) ? 300 : body))
}

/** How wide somebody has pulled them, kept in this browser. */
function useWidths(table: Table): [Record<string, number>, (name: string, width: number) => void] {
  const key = `magflock.widths/${table.at.project ?? ''}/${table.at.source ?? ''}/${table.at.table}`
  const [widths, setWidths] = useState<Record<string, number>>(() => {
    try {
      return JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, number>
    } catch {
      return {}
    }
  })
  const set = (name: string, width: number) =>
    setWidths((before) => {
      const next = { ...before, [name]: width }
      localStorage.setItem(key, JSON.stringify(next))
      return next
    })
  return [widths, set]
}
