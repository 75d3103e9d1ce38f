// Statements that change a structure, and those that take the change back, in the words of the engine.

import type { Table } from './table'

export interface Change {
  /** What the migration is called. */
  name: string
  up: string
  down: string
  /** Does it in one step, while nobody has changed its text. */
  run?: (name: string, consent: string[]) => Promise<unknown>
}

export interface Draft {
  name: string
  type: string
  nullable: boolean
  default: string
  primary: boolean
  unique: boolean
  reference: string
}

export const blank: Draft = { name: '', type: 'text', nullable: true, default: '', primary: false, unique: false, reference: '' }

/** Types that one is likely to mean, by engine. */
export const TYPES: Record<string, string[]> = {
  postgres: ['text', 'bigint', 'integer', 'boolean', 'numeric', 'double precision', 'date', 'timestamptz', 'time', 'uuid', 'jsonb', 'text[]', 'bytea'],
  sqlite: ['text', 'integer', 'boolean', 'numeric', 'real', 'date', 'timestamp', 'time', 'uuid', 'json', 'blob'],
}

export const ident = (name: string) => (/^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`)
const RESERVED = new Set('all and as asc between by case check collate column constraint create cross default delete desc distinct drop else end except exists foreign from full grant group having in index inner insert intersect into is join key left like limit natural not null offset on or order outer primary references right select set table then to union unique update user using values view when where with'.split(' '))

/** `public` needs not be said. */
export const tableName = (schema: string, name: string) => (schema === 'public' || schema === '' ? ident(name) : `${ident(schema)}.${ident(name)}`)
const nameOf = (table: Table) => {
  const [schema, ...rest] = table.at.table.split('.')
  return rest.length > 0 ? tableName(schema ?? '', rest.join('.')) : ident(table.at.table)
}
export const words = (text: string) => text.replace(/^public\./, '').replaceAll(/["().]/g, ' ').replaceAll(/\s+/g, ' ').trim()

function columnText(draft: Draft, engine: string, alone: boolean): string {
  const parts = [ident(draft.name), draft.type]
  if (draft.primary && alone) {
    if (draft.default === 'identity') {
      // An integer that is the key of SQLite's table counts by itself.
      if (engine === 'postgres') parts.push('generated always as identity')
    } else if (draft.default) parts.push(`default ${draft.default}`)
    parts.push('primary key')
  } else {
    if (!draft.nullable) parts.push('not null')
    if (draft.default && draft.default !== 'identity') parts.push(`default ${draft.default}`)
    if (draft.unique) parts.push('unique')
  }
  if (draft.reference) {
    const told = /^(.+)\.([^.]+)$/.exec(draft.reference)
    if (told?.[1] && told[2]) parts.push(`references ${told[1].split('.').map(ident).join('.')} (${ident(told[2])})`)
  }
  return parts.join(' ')
}

export function createTable(schema: string, name: string, drafts: Draft[], engine: string): Change {
  const keys = drafts.filter((one) => one.primary)
  const lines = drafts.map((one) => `  ${columnText(one, engine, keys.length === 1)}`)
  if (keys.length > 1) lines.push(`  primary key (${keys.map((one) => ident(one.name)).join(', ')})`)
  const table = tableName(schema, name)
  return { name: `create ${words(name)}`, up: `create table ${table} (\n${lines.join(',\n')}\n);`, down: `drop table ${table};` }
}

export function dropTable(table: Table, made: string): Change {
  return { name: `drop ${words(table.at.table)}`, up: `drop table ${nameOf(table)};`, down: made }
}

export function renameTable(table: Table, to: string): Change {
  const [schema, ...rest] = table.at.table.split('.')
  const bare = rest.length > 0 ? rest.join('.') : (schema ?? '')
  const renamed = tableName(rest.length > 0 ? (schema ?? '') : 'public', to)
  return { name: `rename ${words(bare)} to ${words(to)}`, up: `alter table ${nameOf(table)} rename to ${ident(to)};`, down: `alter table ${renamed} rename to ${ident(bare)};` }
}

export function addColumn(table: Table, draft: Draft): Change {
  const own = { ...draft, primary: false, unique: table.engine === 'sqlite' ? false : draft.unique }
  const name = nameOf(table)
  const up = [`alter table ${name} add column ${columnText(own, table.engine, false)};`]
  // SQLite adds no column that is unique: the index says it.
  if (draft.unique && table.engine === 'sqlite') up.push(`create unique index ${indexName(table, [draft.name])} on ${name} (${ident(draft.name)});`)
  const down = [`alter table ${name} drop column ${ident(draft.name)};`]
  if (draft.unique && table.engine === 'sqlite') down.unshift(`drop index ${indexName(table, [draft.name])};`)
  return { name: `add ${words(draft.name)} to ${words(table.at.table)}`, up: up.join('\n'), down: down.join('\n') }
}

export function dropColumn(table: Table, column: Table['columns'][number]): Change {
  const draft: Draft = { ...blank, name: column.name, type: column.type, nullable: column.nullable, default: column.default ?? '' }
  const name = nameOf(table)
  const bare = table.at.table.split('.').at(-1) ?? ''
  // Its own check goes with it, and comes back with it.
  const says = table.keys.find((key) => key.kind === 'check' && key.name === `${bare}_${column.name}_check`)?.says
  const check = !says ? '' : /^check\b/i.test(says) ? ` ${says}` : ` check (${says})`
  return {
    name: `drop ${words(column.name)} of ${words(table.at.table)}`,
    up: `alter table ${name} drop column ${ident(column.name)};`,
    down: `alter table ${name} add column ${columnText(draft, table.engine, false)}${check};`,
  }
}

export const indexName = (table: Table, columns: string[]) => ident(`${table.at.table.split('.').at(-1)}_${columns.join('_')}_idx`.slice(0, 60))

export function createIndex(table: Table, columns: string[], unique: boolean): Change {
  const name = indexName(table, columns)
  return {
    name: `index ${words(columns.join(' '))} of ${words(table.at.table)}`,
    up: `create ${unique ? 'unique ' : ''}index ${name} on ${nameOf(table)} (${columns.map(ident).join(', ')});`,
    down: `drop index ${name};`,
  }
}

export function dropIndex(table: Table, index: Table['indexes'][number]): Change {
  return {
    name: `drop index ${words(index.name)}`,
    up: `drop index ${ident(index.name)};`,
    down: `create ${index.unique ? 'unique ' : ''}index ${ident(index.name)} on ${nameOf(table)} (${index.columns.map(ident).join(', ')});`,
  }
}
