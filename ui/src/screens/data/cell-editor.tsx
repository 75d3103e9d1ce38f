// One cell, changed in place: Enter keeps it, Escape leaves it, and nothing is as good as something.

import { useState } from 'react'
import type { Column } from './data'

interface CellEditorProps {
  column: Column
  value: unknown
  /** Without a value nothing changes. */
  onDone: (value?: unknown) => void
}

export function CellEditor({ column, value, onDone }: CellEditorProps) {
  const [text, setText] = useState(value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value))
  const done = () => onDone(read(column.type, text))
  if (column.type === 'boolean') {
    return (
      <select
        autoFocus
        className="grid-input"
        aria-label={column.name}
        value={text}
        onChange={(event) => onDone(event.target.value === '' ? null : event.target.value === 'true')}
        onBlur={() => onDone()}
        onKeyDown={(event) => event.key === 'Escape' && onDone()}
      >
        {column.nullable && <option value="">null</option>}
        <option value="true">true</option>
        <option value="false">false</option>
      </select>
    )
  }
  return (
    <span className="grid-edit">
      <input
        autoFocus
        className="grid-input"
        aria-label={column.name}
        value={text}
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          event.stopPropagation()
          if (event.key === 'Enter') done()
          if (event.key === 'Escape') onDone()
        }}
      />
      {column.nullable && (
        <button type="button" className="link" onClick={() => onDone(null)}>
          null
        </button>
      )}
    </span>
  )
}

/** What was written, as the column's type takes it: the board checks it, and says what is wrong. */
export function read(type: string, text: string): unknown {
  if (/^(json|jsonb)$/.test(type) || type.endsWith('[]')) {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  if (/^(smallint|integer|real|double precision)$/.test(type) && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text)
  return text
}
