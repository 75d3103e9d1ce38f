// A new row, by a form of the table's columns. What is left out gets its default.

import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Modal } from '../../parts/modal'
import { Trouble } from '../../parts/trouble'
import { t } from '../../words/words'
import type { Row, Table } from './table'
import { readValue } from './value'
import { ValueInput } from './value-input'
import { insertRows } from './writes'

interface InsertSheetProps {
  table: Table
  onClose: () => void
  after: () => void
}

export function InsertSheet({ table, onClose, after }: InsertSheetProps) {
  const [texts, setTexts] = useState<Record<string, string>>({})
  const [nones, setNones] = useState<Record<string, boolean>>({})
  const insert = useMutation({
    mutationFn: (row: Row) => insertRows(table, [row], after),
    onSuccess: onClose,
  })
  const columns = table.columns.filter((one) => !one.generated)
  const send = (event: FormEvent) => {
    event.preventDefault()
    const row: Row = {}
    for (const column of columns) {
      const text = texts[column.name] ?? ''
      if (nones[column.name]) row[column.name] = null
      else if (text !== '') row[column.name] = readValue(column, text, table)
    }
    insert.mutate(row)
  }
  return (
    <Modal title={t('data.aRowFor', { table: table.at.table.replace(/^public\./, '') })} onClose={onClose}>
      <form className="stack" onSubmit={send}>
        {columns.map((one) => (
          <ValueInput
            key={one.name}
            column={one}
            table={table}
            text={texts[one.name] ?? ''}
            onText={(text) => setTexts((before) => ({ ...before, [one.name]: text }))}
            none={nones[one.name] ?? false}
            onNone={(none) => setNones((before) => ({ ...before, [one.name]: none }))}
            placeholder={one.default ? t('data.defaultsTo', { value: one.default }) : one.nullable ? 'null' : table.key.includes(one.name) ? t('data.madeByDatabase') : undefined}
          />
        ))}
        {insert.isError && <Trouble error={insert.error} />}
        <div className="row">
          <button type="submit" className="button" data-kind="main" disabled={insert.isPending}>
            {t('all.insert')}
          </button>
        </div>
      </form>
    </Modal>
  )
}
