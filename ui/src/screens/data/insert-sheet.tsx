// A new row, by a form of the table's columns. What is left out gets its default.

import { useMutation } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { call } from '../../api/client'
import { Field } from '../../parts/field'
import { Modal } from '../../parts/modal'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { read } from './cell-editor'
import type { Column, Row } from './data'

interface InsertSheetProps {
  at: { table: string; project?: string; source?: string }
  columns: Column[]
  onClose: () => void
  after: () => void
}

export function InsertSheet({ at, columns, onClose, after }: InsertSheetProps) {
  const insert = useMutation({
    mutationFn: (row: Row) => call('rows:insert', { ...at, rows: [row] }, { consent: 'yes' }),
    onSuccess: () => {
      say({ text: 'One row more' })
      after()
      onClose()
    },
  })
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const row: Row = {}
    for (const column of columns) {
      const text = form.get(column.name)
      if (typeof text === 'string' && text !== '') row[column.name] = read(column.type, text)
    }
    insert.mutate(row)
  }
  return (
    <Modal title={`A row for ${at.table}`} onClose={onClose}>
      <form className="stack" onSubmit={send}>
        {columns
          .filter((one) => !one.generated)
          .map((one) => (
            <Field
              key={one.name}
              name={one.name}
              label={`${one.name} (${one.type})`}
              hint={[one.comment, one.default ? `default: ${one.default}` : one.nullable ? 'may be left out' : undefined].filter(Boolean).join('; ') || undefined}
              spellCheck={false}
            />
          ))}
        {insert.isError && <Trouble error={insert.error} />}
        <button type="submit" className="button" data-kind="main" disabled={insert.isPending}>
          Insert
        </button>
      </form>
    </Modal>
  )
}
