// Many rows changed or deleted at once: first what would be touched, then the deed.

import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Cell } from '../../parts/cell'
import { Modal } from '../../parts/modal'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
import { t, T } from '../../words/words'
import type { Row, Table } from './table'
import { readValue } from './value'
import { ValueInput } from './value-input'
import { AT_ONCE, changeRows, deleteRows, look, type Which } from './writes'

/** More would be a page of its own. */
const SHOWN = 8
const COLUMNS = 5

interface SheetProps {
  table: Table
  which: Which
  onClose: () => void
  after: () => void
}

export function DeleteSheet({ table, which, onClose, after }: SheetProps) {
  const seen = useQuery({ queryKey: ['preview', table.at, which, 'delete'], queryFn: () => look(table, which, 'delete'), gcTime: 0 })
  const remove = useMutation({ mutationFn: () => deleteRows(table, which, after), onSuccess: onClose })
  const many = seen.data?.touched ?? 0
  return (
    <Modal title={t('data.deleteRowsSmall')} onClose={onClose} wide>
      <div className="stack">
        {seen.isPending && <Waiting what={t('data.readingWhatWouldGo')} />}
        {(seen.isError || remove.isError) && <Trouble error={seen.error ?? remove.error} />}
        {seen.isSuccess && (
          <>
            <p>
              {t('data.rowsGo', { count: many })}
            </p>
            <Some table={table} rows={seen.data.before} />
            {many > AT_ONCE && <p className="field-wrong">{t('data.tooManyAtOnce', { count: AT_ONCE })}</p>}
            <div className="row">
              <button type="button" className="button" data-kind="bad" disabled={remove.isPending || many === 0 || many > AT_ONCE} onClick={() => remove.mutate()}>
                {t('data.deleteRows', { count: many })}
              </button>
              <button type="button" className="button" onClick={onClose}>
                {t('data.keepThem')}
              </button>
            </div>
          </>
        )}
      </div>
    </Modal>
  )
}

export function ChangeSheet({ table, which, onClose, after }: SheetProps) {
  const columns = table.columns.filter((one) => !one.generated && !table.key.includes(one.name))
  const [name, setName] = useState(columns[0]?.name ?? '')
  const [text, setText] = useState('')
  const [none, setNone] = useState(false)
  const column = columns.find((one) => one.name === name)
  const set: Row = column ? { [column.name]: none ? null : readValue(column, text, table) } : {}
  const preview = useMutation({ mutationFn: () => look(table, which, { set }) })
  const change = useMutation({ mutationFn: () => changeRows(table, which, set, after), onSuccess: onClose })
  const many = preview.data?.touched ?? 0
  return (
    <Modal title={t('data.changeRowsSmall')} onClose={onClose} wide>
      <div className="stack">
        <label className="field">
          <span>{t('all.column')}</span>
          <select
            value={name}
            onChange={(event) => {
              setName(event.target.value)
              setText('')
              setNone(false)
              preview.reset()
            }}
          >
            {columns.map((one) => (
              <option key={one.name} translate="no">{one.name}</option>
            ))}
          </select>
        </label>
        {column && (
          <ValueInput
            column={column}
            table={table}
            text={text}
            none={none}
            onText={(next) => {
              setText(next)
              preview.reset()
            }}
            onNone={(next) => {
              setNone(next)
              preview.reset()
            }}
          />
        )}
        {(preview.isError || change.isError) && <Trouble error={change.error ?? preview.error} />}
        {preview.isSuccess && (
          <>
            <p>
              <T word="data.rowsWillHave" with={{ count: many, column: <code>{name}</code>, value: <Cell value={set[name]} /> }} />
            </p>
            <Some table={table} rows={preview.data.before} first={name} />
          </>
        )}
        <div className="row">
          {preview.isSuccess ? (
            <button type="button" className="button" data-kind="main" disabled={change.isPending || many === 0 || many > AT_ONCE} onClick={() => change.mutate()}>
              {t('data.changeRows', { count: many })}
            </button>
          ) : (
            <button type="button" className="button" data-kind="main" disabled={preview.isPending || !column} onClick={() => preview.mutate()}>
              {t('data.showWhatWouldChange')}
            </button>
          )}
          <button type="button" className="button" onClick={onClose}>
            {t('data.leaveThem')}
          </button>
        </div>
      </div>
    </Modal>
  )
}

function Some({ table, rows, first }: { table: Table; rows: Row[]; first?: string }) {
  const names = [...new Set([...table.key, ...(first ? [first] : []), ...table.columns.map((one) => one.name)])].slice(0, COLUMNS)
  return (
    <div className="scroll card">
      <table className="table">
        <thead>
          <tr>
            {names.map((one) => (
              <th key={one} translate="no">{one}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, SHOWN).map((row, n) => (
            <tr key={n}>
              {names.map((one) => (
                <td key={one}>
                  <Cell value={row[one]} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > SHOWN && <p className="quiet card-note">{t('all.andMore', { count: rows.length - SHOWN })}</p>}
    </div>
  )
}
