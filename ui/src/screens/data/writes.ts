// Changes of rows, each with what was there before.

import { call } from '../../api/client'
import { t, list } from '../../words/words'
import { nameRow, quoted, type Row, type Table, textOf } from './table'
import { done } from './undo'

const pick = (from: Row, names: string[]): Row => Object.fromEntries(names.map((name) => [name, from[name] ?? null]))

export async function changeCell(table: Table, row: Row, set: Row, after: () => void): Promise<Row> {
  const told = await call('rows:update', { ...table.at, where: nameRow(table, row), set, most: 1 }, { consent: 'yes' })
  const [before, now] = [told.before?.[0], told.rows[0] ?? { ...row, ...set }]
  const back = before && (async () => {
    await call('rows:update', { ...table.at, where: nameRow(table, now), set: pick(before, Object.keys(set)), most: 1 }, { consent: 'yes' })
    after()
  })
  done(t('data.changed', { columns: list(Object.keys(set)) }), back)
  return now
}

export async function insertRows(table: Table, rows: Row[], after: () => void): Promise<void> {
  const told = await call('rows:insert', { ...table.at, rows }, { consent: 'yes' })
  const made = told.rows
  const back = table.key.length > 0 && (async () => {
    for (const conditions of named(table, made)) await call('rows:delete', { ...table.at, where: conditions.where, most: conditions.rows }, { consent: 'destroy' })
    after()
  })
  after()
  done(t('data.rowsMore', { count: told.touched }), back || undefined)
}

export async function deleteRows(table: Table, which: Which, after: () => void): Promise<void> {
  const before: Row[] = []
  for (const { where, rows } of conditionsOf(table, which)) {
    const told = await call('rows:delete', { ...table.at, where, most: rows }, { consent: 'destroy' })
    before.push(...(told.before ?? []))
  }
  after()
  const generated = new Set(table.columns.filter((one) => one.generated).map((one) => one.name))
  const whole = before.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !generated.has(name))))
  done(t('data.rowsGone', { count: before.length }), async () => {
    for (let at = 0; at < whole.length; at += AT_ONCE) await call('rows:insert', { ...table.at, rows: whole.slice(at, at + AT_ONCE) }, { consent: 'yes' })
    after()
  })
}

export async function changeRows(table: Table, which: Which, set: Row, after: () => void): Promise<void> {
  const before: Row[] = []
  let touched = 0
  for (const { where, rows } of conditionsOf(table, which)) {
    const told = await call('rows:update', { ...table.at, where, set, most: rows }, { consent: 'yes' })
    before.push(...(told.before ?? []))
    touched += told.touched
  }
  after()
  const names = Object.keys(set)
  done(t('data.changedIn', { columns: list(names), count: touched }), async () => {
    for (const row of before) await call('rows:update', { ...table.at, where: nameRow(table, { ...row, ...set, ...pick(row, table.key) }), set: pick(row, names), most: 1 }, { consent: 'yes' })
    after()
  })
}

/** Rows that are named one by one, or all that satisfy conditions. */
export type Which = { rows: Row[] } | { where: string[] }

/** What would be touched, without touching it. */
export async function look(table: Table, which: Which, how: { set: Row } | 'delete'): Promise<{ touched: number; before: Row[] }> {
  let [touched, before]: [number, Row[]] = [0, []]
  for (const { where, rows } of conditionsOf(table, which)) {
    const told =
      how === 'delete'
        ? await call('rows:delete', { ...table.at, where, most: rows }, { preview: true })
        : await call('rows:update', { ...table.at, where, set: how.set, most: rows }, { preview: true })
    touched += told.touched
    before = [...before, ...(told.before ?? [])]
  }
  return { touched, before }
}

/** Rows of one call: what the board lets through by itself. */
export const AT_ONCE = 1_000
/** Keys that are named in one call. */
const KEYS_AT_ONCE = 200

function conditionsOf(table: Table, which: Which): { where: string[]; rows: number }[] {
  return 'where' in which ? [{ where: which.where, rows: AT_ONCE }] : named(table, which.rows)
}

/** Many rows are named together where that can be said without a doubt. */
function named(table: Table, rows: Row[]): { where: string[]; rows: number }[] {
  const [column, ...more] = table.key
  const plain = column && more.length === 0 && rows.every((row) => /^[\w-]+$/.test(textOf(row[column])))
  if (!plain) return rows.map((row) => ({ where: nameRow(table, row), rows: 1 }))
  const groups = []
  for (let at = 0; at < rows.length; at += KEYS_AT_ONCE) {
    const some = rows.slice(at, at + KEYS_AT_ONCE)
    groups.push({ where: [`${quoted(column)} in ${some.map((row) => textOf(row[column])).join(',')}`], rows: some.length })
  }
  return groups
}
