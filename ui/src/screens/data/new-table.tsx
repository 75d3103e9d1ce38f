// A new table by a form, which becomes a migration.

import { type FormEvent, useState } from 'react'
import { Modal } from '../../parts/modal'
import type { Where } from '../../parts/where'
import { t } from '../../words/words'
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
    <Modal title={t('data.aNewTable')} onClose={onClose} wide>
      <form className="stack" onSubmit={send}>
        <div className="row">
          <label className="field grow">
            <span>{t('all.name')}</span>
            <input required autoFocus spellCheck={false} autoComplete="off" placeholder="books" value={name} onChange={(event) => setName(event.target.value)} />
          </label>
          {engine === 'postgres' && (
            <label className="field">
              <span>{t('data.schema')}</span>
              <input required spellCheck={false} value={schema} onChange={(event) => setSchema(event.target.value)} />
            </label>
          )}
        </div>
        <fieldset className="drafts">
          <legend>{t('data.columns')}</legend>
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
        <p className="quiet">{t('data.nobodyReachesANewTable')}</p>
        <div className="row">
          <button type="submit" className="button" data-kind="main">
            {t('data.showTheMigration')}
          </button>
          <button type="button" className="button" onClick={() => setDrafts((before) => [...before, { ...blank }])}>
            {t('data.anotherColumn')}
          </button>
        </div>
      </form>
    </Modal>
  )
}
