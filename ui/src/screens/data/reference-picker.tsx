// A row of another table, found by what people call it rather than by its number.

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useDeferredValue, useId, useState } from 'react'
import { call } from '../../api/client'
import { Modal } from '../../parts/modal'
import { Trouble } from '../../parts/trouble'
import type { Where } from '../../parts/where'
import { t } from '../../words/words'
import { type Column, kindOf, quoted, type Reference, type Row, textOf } from './table'

const SHOWN = 20

interface PickerProps {
  reference: Reference
  where: Where
  onPick: (value: string) => void
  onClose: () => void
}

export function ReferencePicker({ reference, where, onPick, onClose }: PickerProps) {
  const id = useId()
  const [words, setWords] = useState('')
  const [at, setAt] = useState(0)
  const sought = useDeferredValue(words.trim())
  const shape = useQuery({ queryKey: ['schema:show', where, reference.table, 'shape'], queryFn: () => call('schema:show', { ...where, table: reference.table }) })
  const label = shape.data?.columns && nameColumn(shape.data.columns, reference.column)
  const found = useQuery({
    queryKey: ['reference', where, reference, sought, label],
    enabled: shape.isSuccess,
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const read = (conditions: string[]) => call('rows:read', { ...where, table: reference.table, where: conditions, order: [label ?? reference.column], limit: SHOWN })
      if (!sought) return (await read([])).rows
      const byName = label ? (await read([`${quoted(label)} ilike %${sought}%`])).rows : []
      // The key itself may have been written.
      const key = shape.data?.columns?.find((one) => one.name === reference.column)
      const byKey = key && fits(key, sought) ? (await read([`${quoted(reference.column)} = ${sought}`])).rows : []
      const known = new Set(byKey.map((row) => textOf(row[reference.column])))
      return [...byKey, ...byName.filter((row) => !known.has(textOf(row[reference.column])))]
    },
  })
  const rows = found.data ?? []
  const pick = (row?: Row) => row && onPick(textOf(row[reference.column]))
  return (
    <Modal title={t('data.aRowOf', { table: reference.table })} onClose={onClose}>
      <div className="stack">
        <input
          className="input"
          role="combobox"
          aria-expanded="true"
          aria-controls={id}
          aria-activedescendant={rows[at] ? `${id}-${at}` : undefined}
          aria-label={t('data.findRowOf', { table: reference.table })}
          placeholder={label ? t('data.labelOr', { label, column: reference.column }) : reference.column}
          autoFocus
          value={words}
          onChange={(event) => {
            setWords(event.target.value)
            setAt(0)
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') setAt((n) => Math.min(n + 1, rows.length - 1))
            else if (event.key === 'ArrowUp') setAt((n) => Math.max(n - 1, 0))
            else if (event.key === 'Enter') pick(rows[at])
            else return
            event.preventDefault()
            event.stopPropagation()
          }}
        />
        {(shape.isError || found.isError) && <Trouble error={shape.error ?? found.error} />}
        <ul id={id} role="listbox" aria-label={t('all.rowsSmall')} className="palette-list reference-list">
          {rows.map((row, n) => (
            <li key={n} id={`${id}-${n}`} role="option" aria-selected={n === at} onClick={() => pick(row)} onPointerMove={() => setAt(n)}>
              <span className="mono">{textOf(row[reference.column])}</span>
              <bdi>{label ? textOf(row[label]) : ''}</bdi>
            </li>
          ))}
          {found.isSuccess && rows.length === 0 && <li className="quiet">{t('data.noRowIsCalledSo')}</li>}
        </ul>
      </div>
    </Modal>
  )
}

/** The column that people know a row by: one called so, or the first text. */
function nameColumn(columns: Column[], key: string): string | undefined {
  const texts = columns.filter((one) => one.name !== key && kindOf(one) === 'text')
  return (texts.find((one) => /^(name|title|label|email|username|slug)$/i.test(one.name)) ?? texts[0])?.name
}

/** Whether a text can be a key at all: the board refuses what cannot. */
function fits(column: Column, text: string): boolean {
  if (column.type === 'uuid') return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
  const kind = kindOf(column)
  return kind === 'whole' ? /^[+-]?\d{1,18}$/.test(text) : kind === 'text'
}
