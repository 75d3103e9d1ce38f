// A field for a value, as its column takes it: a calendar for dates, a list for what is one of a
// few, a search for a row of another table, JSON with what is wrong with it.

import { useId, useState } from 'react'
import { t } from '../../words/words'
import { type Column, kindOf, type Table } from './table'
import { ReferencePicker } from './reference-picker'
import { wrongWith } from './value'

interface ValueInputProps {
  column: Column
  table: Table
  text: string
  onText: (text: string) => void
  /** The value is none at all. */
  none?: boolean
  onNone?: (none: boolean) => void
  placeholder?: string
}

export function ValueInput({ column, table, text, onText, none, onNone, placeholder }: ValueInputProps) {
  const id = useId()
  const [picking, setPicking] = useState(false)
  const kind = kindOf(column, table)
  const wrong = none ? undefined : wrongWith(column, text, table)
  const reference = table.references.get(column.name)
  const shared = {
    id,
    disabled: none,
    placeholder: none ? 'null' : placeholder,
    'aria-invalid': wrong ? true : undefined,
    'aria-describedby': `${id}-hint`,
  }
  const hint = [column.comment, reference && t('data.aRowOfSmall', { table: reference.table })].filter(Boolean).join('; ')
  return (
    <div className="field value">
      <label htmlFor={id}>
        <span translate="no">{column.name}</span> <span className="query-type" translate="no">{column.type}</span>
      </label>
      <div className="value-row">
        {kind === 'yes' ? (
          <select {...shared} value={text} onChange={(event) => onText(event.target.value)}>
            <option value="">{placeholder ?? ''}</option>
            <option value="true" translate="no">true</option>
            <option value="false" translate="no">false</option>
          </select>
        ) : kind === 'choice' ? (
          <select {...shared} value={text} onChange={(event) => onText(event.target.value)}>
            <option value="">{placeholder ?? ''}</option>
            {table.choices.get(column.name)?.map((one) => (
              <option key={one} translate="no">{one}</option>
            ))}
          </select>
        ) : kind === 'json' || kind === 'list' ? (
          <textarea {...shared} className="mono" rows={kind === 'json' ? 4 : 2} spellCheck={false} value={text} onChange={(event) => onText(event.target.value)} />
        ) : kind === 'date' || kind === 'time' || kind === 'moment' ? (
          <input
            {...shared}
            type={kind === 'moment' ? 'datetime-local' : kind}
            step={kind === 'date' ? undefined : 1}
            value={text}
            onChange={(event) => onText(event.target.value)}
          />
        ) : (
          <input {...shared} inputMode={kind === 'whole' ? 'numeric' : kind === 'number' ? 'decimal' : undefined} spellCheck={false} autoComplete="off" value={text} onChange={(event) => onText(event.target.value)} />
        )}
        {reference && !none && (
          <button type="button" className="button" onClick={() => setPicking(true)}>
            {t('data.find')}
          </button>
        )}
        {onNone && column.nullable && (
          <label className="check value-none">
            <input type="checkbox" checked={none ?? false} onChange={(event) => onNone(event.target.checked)} />
            <span translate="no">null</span>
          </label>
        )}
      </div>
      <p id={`${id}-hint`} className={wrong ? 'field-wrong' : 'field-hint'}>
        {wrong ?? hint}
      </p>
      {picking && reference && (
        <ReferencePicker
          reference={reference}
          where={{ project: table.at.project, source: table.at.source }}
          onPick={(value) => {
            onText(value)
            setPicking(false)
          }}
          onClose={() => setPicking(false)}
        />
      )}
    </div>
  )
}
