// All rows that satisfy the conditions, as a file.

import { call } from '../../api/client'
import { saveFile, toCsv } from '../../parts/save-file'
import type { Row, Table } from './table'

/** More is a dump, which the database's own tool makes better. */
export const ROWS_MAX = 100_000
const PAGE = 1_000

export async function exportRows(table: Table, where: string[], order: string | undefined, kind: 'csv' | 'json', chosen?: Row[]): Promise<{ rows: number; all: boolean }> {
  const rows: Row[] = chosen ?? []
  let all = true
  if (!chosen) {
    const sorted = [order, ...table.key].filter((one): one is string => Boolean(one))
    for (let offset = 0; ; offset += PAGE) {
      const told = await call('rows:read', { ...table.at, where, order: [...new Set(sorted)], limit: PAGE, offset })
      rows.push(...told.rows)
      if (!told.more) break
      if (rows.length >= ROWS_MAX) {
        all = false
        break
      }
    }
  }
  const names = table.columns.map((one) => one.name)
  const file = table.at.table.replace(/^public\./, '')
  if (kind === 'csv') saveFile(`${file}.csv`, 'text/csv', toCsv(names, rows.map((row) => names.map((one) => row[one]))))
  else saveFile(`${file}.json`, 'application/json', JSON.stringify(rows, null, 2))
  return { rows: rows.length, all }
}
