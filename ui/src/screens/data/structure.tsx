// What a table is made of: columns, keys, indexes; each can be changed, as a migration.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { Modal } from '../../parts/modal'
import { Trouble } from '../../parts/trouble'
import { t, T, known, bytes } from '../../words/words'
import { AskEdit } from './ask-edit'
import { MigrationSheet } from './change-sheet'
import { foresee } from './column-change'
import { ColumnFields, useTargets } from './column-fields'
import { addColumn, blank, type Change, createIndex, type Draft, dropColumn, dropIndex, dropTable, renameTable, words } from './ddl'
import type { Column, Table, TableKey } from './table'

type Asking = { what: 'column' } | { what: 'edit'; column: Column } | { what: 'index' } | { what: 'key' } | { what: 'rename' }

interface StructureProps {
  table: Table
  writable: boolean
  /** The table is gone, or has another name. */
  onMoved: (name?: string) => void
}

export function Structure({ table, writable, onMoved }: StructureProps) {
  const may = useMay('migrate:up') && writable
  const queries = useQueryClient()
  const [asking, setAsking] = useState<Asking>()
  const [change, setChange] = useState<Change & { then?: () => void }>()
  const [error, setError] = useState<unknown>()
  const where = { project: table.at.project, source: table.at.source }
  const propose = (next: Change & { then?: () => void }) => {
    setAsking(undefined)
    setChange(next)
  }
  const proposeDrop = async () => {
    setError(undefined)
    try {
      // The way back is the table as it is, without its rows.
      const dump = await call('schema:dump', { ...where, without_rules: true })
      const bare = table.at.table.split('.').at(-1) ?? ''
      const made = dump.sql.split(/;\s*\n/).filter((one) => new RegExp(`\\b(table|on)\\s+(if not exists\\s+)?("?[\\w]+"?\\.)?"?${bare}"?\\b`, 'i').test(one))
      propose({ ...dropTable(table, made.map((one) => `${one.trim().replace(/;$/, '')};`).join('\n')), then: () => onMoved() })
    } catch (problem) {
      setError(problem)
    }
  }
  const proposeDropKey = async (key: TableKey) => {
    setError(undefined)
    // A constraint is the table's; any column of it can be asked.
    const column = key.columns[0] ?? table.columns[0]?.name ?? ''
    try {
      const change = await foresee(table, column, key.kind === 'primary' ? { primary: 'no' } : { drop: [key.name] })
      propose({ ...change, name: `drop ${words(key.name)}` })
    } catch (problem) {
      setError(problem)
    }
  }
  return (
    <div className="stack">
      {error !== undefined && <Trouble error={error} />}
      <section className="card" aria-label={t('data.columns')}>
        <div className="row-apart card-head">
          <h2>{t('data.columns')}</h2>
          {may && (
            <button type="button" className="button" data-kind="main" onClick={() => setAsking({ what: 'column' })}>
              {t('data.addAColumn')}
            </button>
          )}
        </div>
        <div className="scroll" tabIndex={0} role="region" aria-label={t('data.columnsAsATable')}>
          <table className="table">
            <thead>
              <tr>
                <th>{t('all.name')}</th>
                <th>{t('all.type')}</th>
                <th>{t('all.null')}</th>
                <th>{t('all.default')}</th>
                <th>{t('all.about')}</th>
                {may && <th aria-label={t('all.change')} />}
              </tr>
            </thead>
            <tbody>
              {table.columns.map((column) => (
                <tr key={column.name}>
                  <td>
                    <bdi>{column.name}</bdi> {table.key.includes(column.name) && <span className="badge">{t('all.key')}</span>}
                  </td>
                  <td className="mono">{column.type}</td>
                  <td className="nowrap">{column.nullable ? t('all.mayBe') : <span className="quiet">{t('all.never')}</span>}</td>
                  <td className="mono">{column.generated ? t('data.made', { how: column.generated }) : column.default}</td>
                  <td>
                    <span translate="no">{column.comment}</span>
                    {table.references.has(column.name) && <span className="quiet"> {t('data.aRowOfSmall', { table: table.references.get(column.name)?.table ?? '' })}</span>}
                  </td>
                  {may && (
                    <td>
                      <span className="row row-tight">
                        <button type="button" className="button" data-kind="quiet" aria-label={t('data.changeColumn', { column: column.name })} onClick={() => setAsking({ what: 'edit', column })}>
                          {t('all.change')}
                        </button>
                        {!table.key.includes(column.name) && (
                          <button type="button" className="button" data-kind="quiet" aria-label={t('data.dropColumn', { column: column.name })} onClick={() => propose(dropColumn(table, column))}>
                            {t('all.drop')}
                          </button>
                        )}
                      </span>
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <section className="card" aria-label={t('data.keysAndChecks')}>
        <div className="row-apart card-head">
          <h2>{t('data.keysAndChecks')}</h2>
          {may && (
            <button type="button" className="button" onClick={() => setAsking({ what: 'key' })}>
              {t('data.pointAColumnToA')}
            </button>
          )}
        </div>
        {table.keys.length === 0 && <p className="quiet">{t('data.noKeyNoSingleRow')}</p>}
        <ul className="lines">
          {table.keys.map((key) => (
            <li key={`${key.kind}/${key.name}`} className="row-apart">
              <span>
                <span className="badge">{known(key.kind)}</span> <code>{key.columns.join(', ')}</code> {key.says && <span className="mono quiet">{key.kind === 'foreign' ? `→ ${key.says}` : key.says}</span>}
              </span>
              {may && (key.kind !== 'primary' || key.columns.length === 1) && (
                <button type="button" className="button" data-kind="quiet" onClick={() => void proposeDropKey(key)}>
                  {t('all.drop')}
                </button>
              )}
            </li>
          ))}
        </ul>
      </section>
      <section className="card" aria-label={t('data.indexes')}>
        <div className="row-apart card-head">
          <h2>{t('data.indexes')}</h2>
          {may && (
            <button type="button" className="button" onClick={() => setAsking({ what: 'index' })}>
              {t('data.addAnIndex')}
            </button>
          )}
        </div>
        {table.indexes.length === 0 && <p className="quiet">{t('data.noneBesideTheKeys')}</p>}
        <ul className="lines">
          {table.indexes.map((index) => (
            <li key={index.name} className="row-apart">
              <span>
                <T word="data.indexOn" with={{ name: <code>{index.name}</code>, columns: index.columns.join(', ') }} /> {index.unique && <span className="badge">{t('data.unique')}</span>}{' '}
                <span className="quiet">
                  {index.size_bytes ? bytes(index.size_bytes) : ''} {index.used !== null && index.used !== undefined ? t('data.usedTimes', { count: index.used }) : ''}
                </span>
              </span>
              {may && (
                <button type="button" className="button" data-kind="quiet" onClick={() => propose(dropIndex(table, index))}>
                  {t('all.drop')}
                </button>
              )}
            </li>
          ))}
        </ul>
      </section>
      {may && (
        <div className="row">
          <button type="button" className="button" onClick={() => setAsking({ what: 'rename' })}>
            {t('data.renameTheTable')}
          </button>
          <button type="button" className="button" onClick={() => void proposeDrop()}>
            {t('data.dropTheTable')}
          </button>
        </div>
      )}
      {asking?.what === 'column' && <AskColumn table={table} onClose={() => setAsking(undefined)} onChange={propose} />}
      {asking?.what === 'edit' && <AskEdit table={table} column={asking.column} onClose={() => setAsking(undefined)} onChange={propose} />}
      {asking?.what === 'index' && <AskIndex table={table} onClose={() => setAsking(undefined)} onChange={propose} />}
      {asking?.what === 'key' && <AskKey table={table} onClose={() => setAsking(undefined)} onChange={propose} />}
      {asking?.what === 'rename' && <AskName table={table} onClose={() => setAsking(undefined)} onChange={(next, to) => propose({ ...next, then: () => onMoved(to) })} />}
      {change && (
        <MigrationSheet
          change={change}
          where={where}
          onClose={() => setChange(undefined)}
          onDone={() => {
            setChange(undefined)
            void queries.invalidateQueries({ queryKey: ['schema:show'] })
            change.then?.()
          }}
        />
      )}
    </div>
  )
}

interface AskProps {
  table: Table
  onClose: () => void
  onChange: (change: Change) => void
}

const sending = (then: () => void) => (event: FormEvent) => {
  event.preventDefault()
  then()
}

function AskColumn({ table, onClose, onChange }: AskProps) {
  const [draft, setDraft] = useState<Draft>({ ...blank })
  return (
    <Modal title={t('data.aNewColumn')} onClose={onClose} wide>
      <form className="stack" onSubmit={sending(() => onChange(addColumn(table, draft)))}>
        <ColumnFields draft={draft} engine={table.engine} where={{ project: table.at.project, source: table.at.source }} onDraft={setDraft} />
        <div className="row">
          <button type="submit" className="button" data-kind="main" disabled={!draft.name.trim() || !draft.type.trim()}>
            {t('data.showTheMigration')}
          </button>
        </div>
      </form>
    </Modal>
  )
}

function AskIndex({ table, onClose, onChange }: AskProps) {
  const [columns, setColumns] = useState<string[]>([])
  const [unique, setUnique] = useState(false)
  return (
    <Modal title={t('data.aNewIndex')} onClose={onClose}>
      <form className="stack" onSubmit={sending(() => onChange(createIndex(table, columns, unique)))}>
        <fieldset className="drafts">
          <legend>{columns.length > 0 ? t('data.columnsInOrder', { columns: columns.join(', ') }) : t('data.columnsChoose')}</legend>
          {table.columns.map((one) => (
            <label key={one.name} className="check">
              <input type="checkbox" checked={columns.includes(one.name)} onChange={(event) => setColumns((before) => (event.target.checked ? [...before, one.name] : before.filter((name) => name !== one.name)))} />
              <bdi>{one.name}</bdi>
            </label>
          ))}
        </fieldset>
        <label className="check">
          <input type="checkbox" checked={unique} onChange={(event) => setUnique(event.target.checked)} />
          {t('data.eachValueOnce')}
        </label>
        <div className="row">
          <button type="submit" className="button" data-kind="main" disabled={columns.length === 0}>
            {t('data.showTheMigration')}
          </button>
        </div>
      </form>
    </Modal>
  )
}

function AskKey({ table, onClose, onChange }: AskProps) {
  const targets = useTargets({ project: table.at.project, source: table.at.source })
  const [column, setColumn] = useState(table.columns[0]?.name ?? '')
  const [to, setTo] = useState('')
  const ask = useMutation({ mutationFn: () => foresee(table, column, { references: to }), onSuccess: onChange })
  return (
    <Modal title={t('data.pointAColumnToA')} onClose={onClose}>
      <form className="stack" onSubmit={sending(() => ask.mutate())}>
        <label className="field">
          <span>{t('all.column')}</span>
          <select value={column} onChange={(event) => setColumn(event.target.value)}>
            {table.columns.map((one) => (
              <option key={one.name} translate="no">{one.name}</option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>{t('data.pointsTo')}</span>
          <select value={to} onChange={(event) => setTo(event.target.value)}>
            <option value="" />
            {targets.map((one) => (
              <option key={one} translate="no">{one}</option>
            ))}
          </select>
        </label>
        {ask.isError && <Trouble error={ask.error} />}
        <div className="row">
          <button type="submit" className="button" data-kind="main" disabled={!to || !column || ask.isPending}>
            {t('data.showTheMigration')}
          </button>
        </div>
      </form>
    </Modal>
  )
}

function AskName({ table, onClose, onChange }: { table: Table; onClose: () => void; onChange: (change: Change, to: string) => void }) {
  const bare = table.at.table.split('.').at(-1) ?? ''
  const [name, setName] = useState(bare)
  return (
    <Modal title={t('data.renameTheTable')} onClose={onClose}>
      <form className="stack" onSubmit={sending(() => onChange(renameTable(table, name.trim()), name.trim()))}>
        <label className="field">
          <span>{t('all.name')}</span>
          <input value={name} autoFocus spellCheck={false} autoComplete="off" onChange={(event) => setName(event.target.value)} />
        </label>
        <p className="quiet">{t('data.appsThatAsk', { table: bare })}</p>
        <div className="row">
          <button type="submit" className="button" data-kind="main" disabled={!name.trim() || name.trim() === bare}>
            {t('data.showTheMigration')}
          </button>
        </div>
      </form>
    </Modal>
  )
}
