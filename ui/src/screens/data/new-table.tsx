// A new table by a form, which becomes a migration.

import { type FormEvent, useState } from 'react'
import { Modal } from '../../parts/modal'
import type { Where } from '../../parts/where'
import { MigrationSheet } from './change-sheet'
import { ColumnFields } from './column-fields'
import { blank, type Change, createTable, type Draft } from './ddl'

interface NewTableProps {
  engine: string
  where: Where
  onClose: () => void
  onMade: (schema: string, name: string) => void
}

export function NewTable({ engine, where, onClose, onMade }: NewTableProps) {
  const [name, setName] = useState('')
  const [schema, setSchema] = useState('public')
  const [drafts, setDrafts] = useState<Draft[]>(() => [
    { ...blank, name: 'id', type: engine === 'postgres' ? 'bigint' : 'integer', nullable: false, primary: true, default: 'identity' },
    { ...blank, name: 'name', type: 'text', nullable: false },
    { ...blank, name: 'created_at', type: engine === 'postgres' ? 'timestamptz' : 'timestamp', nullable: false, default: engine === 'postgres' ? 'now()' : 'current_timestamp' },
  ])
  const [change, setChange] = useState<Change>()
  const send = (event: FormEvent) => {
    event.preventDefault()
    setChange(createTable(schema, name.trim(), drafts.filter((one) => one.name.trim()), engine))
  }
  if (change) return <MigrationSheet change={change} where={where} onClose={() => setChange(undefined)} onDone={() => onMade(schema, name.trim())} />
  return (
    <Modal title="A new table" onClose={onClose} wide>
      <form className="stack" onSubmit={send}>
        <div className="row">
          <label className="field grow">
            <span>Name</span>
            <input required autoFocus spellCheck={false} autoComplete="off" placeholder="books" value={name} onChange={(event) => setName(event.target.value)} />
          </label>
          {engine === 'postgres' && (
            <label className="field">
              <span>Schema</span>
              <input required spellCheck={false} value={schema} onChange={(event) => setSchema(event.target.value)} />
            </label>
          )}
        </div>
        <fieldset className="drafts">
          <legend>Columns</legend>
          {drafts.map((draft, n) => (
            <ColumnFields
              key={n}
              draft={draft}
              engine={engine}
              where={where}
              withKey
              onDraft={(next) => setDrafts((before) => before.map((one, m) => (m === n ? next : one)))}
              onRemove={() => setDrafts((before) => before.filter((_, m) => m !== n))}
            />
          ))}
        </fieldset>
        <p className="quiet">Nobody reaches a new table from outside until a policy or a right says so.</p>
        <div className="row">
          <button type="submit" className="button" data-kind="main">
            Show the migration
          </button>
          <button type="button" className="button" onClick={() => setDrafts((before) => [...before, { ...blank }])}>
            Another column
          </button>
        </div>
      </form>
    </Modal>
  )
}
