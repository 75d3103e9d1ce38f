// Any answer of the board, as a person reads it: rows as a table, one thing as a list, the rest as JSON.

import { useState } from 'react'
import { t } from '../words/words'
import { Copy } from './copy'

export function Answer({ value }: { value: unknown }) {
  const [raw, setRaw] = useState(false)
  const text = JSON.stringify(value, null, 2)
  return (
    <div className="answer">
      <div className="row">
        <button type="button" className="button" data-kind="quiet" aria-pressed={raw} onClick={() => setRaw(!raw)}>
          <span translate="no">JSON</span>
        </button>
        <Copy text={text} />
      </div>
      {raw ? <pre className="code" tabIndex={0}>{text}</pre> : <Shown value={value} depth={0} />}
    </div>
  )
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Deeper than this nobody reads a table in a table. */
const DEPTH_MAX = 3

function Shown({ value, depth }: { value: unknown; depth: number }) {
  if (value === null || value === undefined) return <span className="quiet">{t('all.none')}</span>
  if (typeof value === 'boolean') return <span>{value ? t('all.yes') : t('all.no')}</span>
  if (typeof value !== 'object') return <span translate="no">{String(value)}</span>
  if (depth >= DEPTH_MAX) return <code>{JSON.stringify(value)}</code>
  if (Array.isArray(value)) {
    if (value.length === 0) return <span className="quiet">{t('all.none')}</span>
    if (value.every(isObject)) return <Rows rows={value} depth={depth} />
    return (
      <ul>
        {value.map((one, n) => (
          <li key={n}>
            <Shown value={one} depth={depth + 1} />
          </li>
        ))}
      </ul>
    )
  }
  return (
    <dl className="facts">
      {Object.entries(value).map(([name, one]) => (
        <div key={name}>
          <dt translate="no">{name}</dt>
          <dd>
            <Shown value={one} depth={depth + 1} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Rows({ rows, depth }: { rows: Record<string, unknown>[]; depth: number }) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  return (
    <div className="scroll" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} translate="no">{column}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, n) => (
            <tr key={n}>
              {columns.map((column) => (
                <td key={column}>
                  <Shown value={row[column]} depth={depth + 2} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
