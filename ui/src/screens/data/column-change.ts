// A column as it shall be, asked of the board: it knows for its engine which statements that takes,
// which rows stand in the way and how it is taken back.

import { call, type Input } from '../../api/client'
import { type Change, words } from './ddl'
import type { Column, Table } from './table'

type Asked = Omit<Input<'column:change'>, 'table' | 'column' | 'project' | 'source' | 'name' | 'consent'>

/** What a form holds of a column. */
export interface Wish {
  name: string
  type: string
  using: string
  nullable: boolean
  default: string
  primary: boolean
  unique: boolean
  check: string
  reference: string
  comment: string
}

const alone = (columns: string[], column: Column) => columns.length === 1 && columns[0] === column.name

/** As it is now. */
export function wishOf(table: Table, column: Column): Wish {
  const to = table.references.get(column.name)
  const bare = table.at.table.split('.').at(-1) ?? ''
  const check = table.keys.find((key) => key.kind === 'check' && key.name === `${bare}_${column.name}_check`)
  return {
    name: column.name,
    type: column.type,
    using: '',
    nullable: column.nullable,
    default: column.default ?? '',
    primary: alone(table.key, column),
    unique: table.keys.some((key) => key.kind === 'unique' && alone(key.columns, column)),
    check: (check?.says ?? '').replace(/^check\s*\((.*)\)$/is, '$1'),
    reference: to ? `${to.table}.${to.column}` : '',
    comment: column.comment ?? '',
  }
}

const yes = (said: boolean) => (said ? ('yes' as const) : ('no' as const))

/** Only what is otherwise; nothing when all is as it was. */
export function askedOf(before: Wish, wish: Wish): Asked | undefined {
  const asked: Asked = {}
  if (wish.name.trim() !== before.name) asked.rename = wish.name.trim()
  if (wish.type.trim() !== before.type) asked.type = wish.type.trim()
  if (wish.using.trim()) asked.using = wish.using.trim()
  if (wish.nullable !== before.nullable && !wish.primary) asked.nullable = yes(wish.nullable)
  if (wish.default !== before.default) asked.default = wish.default
  if (wish.primary !== before.primary) asked.primary = yes(wish.primary)
  if (wish.unique !== before.unique) asked.unique = yes(wish.unique)
  if (wish.check !== before.check) asked.check = wish.check
  if (wish.reference !== before.reference) asked.references = wish.reference
  if (wish.comment !== before.comment) asked.comment = wish.comment
  return Object.keys(asked).length > 0 ? asked : undefined
}

/** The migration that it would be; refused with the rows that stand in the way. */
export async function foresee(table: Table, column: string, asked: Asked): Promise<Change> {
  const input = { ...asked, project: table.at.project, source: table.at.source, table: table.at.table, column }
  const told = await call('column:change', input, { preview: true })
  return {
    name: `change ${words(column)} of ${words(table.at.table)}`,
    up: told.up,
    down: told.down,
    run: (name, consent) => call('column:change', { ...input, name, consent }, { consent: consent.length > 0 ? 'destroy' : 'yes' }),
  }
}
