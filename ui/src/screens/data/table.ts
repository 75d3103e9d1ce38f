// A table as the board tells it: columns, keys, and what kind of value a column takes.

import { useQuery } from '@tanstack/react-query'
import { call, type Output } from '../../api/client'
import type { Where } from '../../parts/where'

export type Shown = Output<'schema:show'>
export type Column = NonNullable<Shown['columns']>[number]
export type TableKey = NonNullable<Shown['keys']>[number]
export type Index = NonNullable<Shown['indexes']>[number]
export type Row = Record<string, unknown>

/** Where operations on rows work. */
export interface At extends Where {
  table: string
}

export interface Reference {
  table: string
  column: string
}

export interface Table {
  at: At
  engine: string
  columns: Column[]
  /** The columns of the primary key; without one no row can be named. */
  key: string[]
  keys: TableKey[]
  indexes: Index[]
  references: Map<string, Reference>
  choices: Map<string, string[]>
}

export type Kind = 'yes' | 'whole' | 'number' | 'date' | 'time' | 'moment' | 'json' | 'list' | 'choice' | 'reference' | 'bytes' | 'text'

export function kindOf(column: Column, table?: Table): Kind {
  if (table?.references.has(column.name)) return 'reference'
  if (table?.choices.has(column.name)) return 'choice'
  const type = column.type.toLowerCase()
  if (type.endsWith('[]')) return 'list'
  if (/^bool/.test(type)) return 'yes'
  if (/^json/.test(type)) return 'json'
  if (/^(smallint|integer|bigint|int\d?)\b/.test(type)) return 'whole'
  if (/^(numeric|decimal|real|double|float)/.test(type)) return 'number'
  if (type === 'date') return 'date'
  if (/^timestamp/.test(type)) return 'moment'
  if (/^time\b/.test(type)) return 'time'
  if (/^(bytea|blob)/.test(type)) return 'bytes'
  return 'text'
}

/** The conditions that name one row. */
export const nameRow = (table: Table, row: Row) => table.key.map((column) => `${quoted(column)} = ${textOf(row[column])}`)

/** A column's name as a condition takes it. */
export const quoted = (name: string) => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`)

export const textOf = (value: unknown): string =>
  value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)

export function useTable(at: At) {
  return useQuery({
    queryKey: ['schema:show', { project: at.project, source: at.source }, at.table],
    queryFn: async (): Promise<Table> => {
      const shown = await call('schema:show', { ...at })
      const keys = shown.keys ?? []
      const choices = choicesOf(keys)
      if (shown.engine === 'postgres') for (const [name, all] of await enumsOf(at, shown.columns ?? [])) choices.set(name, all)
      return {
        at,
        engine: shown.engine,
        columns: shown.columns ?? [],
        key: keys.find((one) => one.kind === 'primary')?.columns ?? [],
        keys,
        indexes: shown.indexes ?? [],
        references: referencesOf(keys),
        choices,
      }
    },
  })
}

function referencesOf(keys: TableKey[]): Map<string, Reference> {
  const found = new Map<string, Reference>()
  for (const key of keys) {
    const told = key.kind === 'foreign' && key.columns.length === 1 ? /^(.+?) ?\(([^),]+)\)/.exec(key.says ?? '') : null
    if (told?.[1] && told[2] && key.columns[0]) found.set(key.columns[0], { table: told[1].replaceAll('"', ''), column: told[2].trim().replaceAll('"', '') })
  }
  return found
}

/** What a check lets in: `status in ('new', 'done')`, or PostgreSQL's way to say so. */
function choicesOf(keys: TableKey[]): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const key of keys) {
    if (key.kind !== 'check') continue
    const told = /^\W*(\w+)\W*(?:::\w+\W*)?\s*(?:in\s*\(|=\s*any\s*\(+\s*array\s*\[)(.*?)[\])]/i.exec(key.says ?? '')
    const all = [...(told?.[2] ?? '').matchAll(/'((?:[^']|'')*)'/g)].map((one) => one[1]?.replaceAll("''", "'") ?? '')
    if (told?.[1] && all.length > 0) found.set(told[1], all)
  }
  return found
}

/** Types that every PostgreSQL has are no enums: only others are asked for. */
const KNOWN = /^(bool|small|big|int|num|dec|real|double|float|text|char|varchar|"char|json|time|date|interval|uuid|bytea|inet|cidr|mac|xml|bit|tsv|tsq|money|name|oid|point|line|box|path|poly|circle)/i

async function enumsOf(at: At, columns: Column[]): Promise<[string, string[]][]> {
  if (columns.every((one) => KNOWN.test(one.type))) return []
  const sql = `select a.attname, json_agg(e.enumlabel order by e.enumsortorder) from pg_attribute a
    join pg_enum e on e.enumtypid = a.atttypid where a.attrelid = to_regclass($1) group by 1`
  const named = at.table.split('.').map((one) => `"${one.replaceAll('"', '""')}"`).join('.')
  try {
    const told = await call('sql:run', { sql, param: [JSON.stringify(named)], project: at.project, source: at.source })
    return ((told.answers[0]?.rows ?? []) as [string, string[] | string][]).map(([name, all]) => [name, typeof all === 'string' ? (JSON.parse(all) as string[]) : all])
  } catch {
    // Somebody who may not run SQL writes the value by hand.
    return []
  }
}
