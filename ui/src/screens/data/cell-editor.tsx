// One cell, changed in place: Enter keeps it, Escape leaves it, and nothing is as good as something.
// What does not fit into a line opens in a sheet.

import { useRef, useState } from 'react'
import { Modal } from '../../parts/modal'
import { t } from '../../words/words'
import { ReferencePicker } from './reference-picker'
import { type Column, kindOf, type Table } from './table'
import { readValue, written, wrongWith } from './value'

interface CellEditorProps {
  column: Column
  table: Table
  value: unknown
  /** Without a value nothing changes. */
  onDone: (value?: unknown) => void
}

/** Longer texts are no pleasure in a line. */
const LINE = 60

export function CellEditor({ column, table, value, onDone }: CellEditorProps) {
  const kind = kindOf(column, table)
  const start = written(column, value, table)
  const [text, setText] = useState(start)
  const left = useRef(false)
  const end = (next?: unknown) => {
    if (left.current) return
    left.current = true
    onDone(next)
  }
  const keep = () => (text === start ? end() : end(text === '' && column.nullable && kind !== 'text' ? null : readValue(column, text, table)))
  if (kind === 'json' || kind === 'list' || (kind === 'text' && (start.length > LINE || start.includes('\n')))) {
    return <Sheet column={column} table={table} start={start} onDone={end} />
  }
  if (kind === 'reference') {
    const reference = table.references.get(column.name)
    if (reference) {
      return (
        <>
          <span className="grid-input">{start}</span>
          <ReferencePicker reference={reference} where={{ project: table.at.project, source: table.at.source }} onPick={(next) => end(next === start ? undefined : readNumber(next, column))} onClose={() => end()} />
        </>
      )
    }
  }
  const keys = (event: React.KeyboardEvent) => {
    event.stopPropagation()
    if (event.key === 'Enter') keep()
    if (event.key === 'Escape') end()
  }
  if (kind === 'yes' || kind === 'choice') {
    const all = kind === 'yes' ? ['true', 'false'] : (table.choices.get(column.name) ?? [])
    return (
      <select
        autoFocus
        className="grid-input"
        aria-label={column.name}
        value={text}
        onChange={(event) => end(event.target.value === '' ? null : readValue(column, event.target.value, table))}
        onBlur={() => end()}
        onKeyDown={keys}
      >
        {(column.nullable || start === '') && <option value="" translate="no">null</option>}
        {!all.includes(start) && start !== '' && <option translate="no">{start}</option>}
        {all.map((one) => (
          <option key={one} translate="no">{one}</option>
        ))}
      </select>
    )
  }
  const type = kind === 'moment' ? 'datetime-local' : kind === 'date' || kind === 'time' ? kind : 'text'
  return (
    <span className="grid-edit">
      <input
        autoFocus
        className="grid-input"
        aria-label={column.name}
        aria-invalid={wrongWith(column, text, table) ? true : undefined}
        type={type}
        step={type === 'text' || type === 'date' ? undefined : 1}
        value={text}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={keys}
        onBlur={(event) => {
          if (!event.relatedTarget || !(event.relatedTarget as HTMLElement).dataset.none) keep()
        }}
      />
      {column.nullable && (
        <button type="button" className="link" data-none translate="no" onClick={() => end(null)}>
          null
        </button>
      )}
    </span>
  )
}

const readNumber = (text: string, column: Column): unknown => readValue(column, text)

function Sheet({ column, table, start, onDone }: { column: Column; table: Table; start: string; onDone: (value?: unknown) => void }) {
  const [text, setText] = useState(start)
  const wrong = wrongWith(column, text, table)
  return (
    <Modal title={column.name} onClose={() => onDone()} wide named>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          onDone(text === start ? undefined : readValue(column, text, table))
        }}
      >
        <textarea
          autoFocus
          className="input mono sheet-text"
          aria-label={`${column.name} (${column.type})`}
          aria-invalid={wrong ? true : undefined}
          rows={14}
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            event.stopPropagation()
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit()
          }}
        />
        {wrong && <p className="field-wrong">{wrong}</p>}
        <div className="row">
          <button type="submit" className="button" data-kind="main" disabled={Boolean(wrong)}>
            {t('data.keep')}
          </button>
          {column.nullable && (
            <button type="button" className="button" onClick={() => onDone(null)}>
              {t('data.makeItNull')}
            </button>
          )}
          <button type="button" className="button" data-kind="quiet" onClick={() => onDone()}>
            {t('data.leaveIt')}
          </button>
        </div>
      </form>
    </Modal>
  )
}
