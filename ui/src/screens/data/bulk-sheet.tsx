// Many rows changed or deleted at once: first what would be touched, then the deed.

import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Cell } from '../../parts/cell'
import { Modal } from '../../parts/modal'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
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
    <Modal title="Delete rows" onClose={onClose} wide>
      <div className="stack">
        {seen.isPending && <Waiting what="what would go" />}
        {(seen.isError || remove.isError) && <Trouble error={seen.error ?? remove.error} />}
        {seen.isSuccess && (
          <>
            <p>
              <strong>{many.toLocaleString()}</strong> {many === 1 ? 'row goes' : 'rows go'}. Until you leave this page it can be taken back.
            </p>
            <Some table={table} rows={seen.data.before} />
            {many > AT_ONCE && <p className="field-wrong">More than {AT_ONCE.toLocaleString()} at once are a matter for Query.</p>}
            <div className="row">
              <button type="button" className="button" data-kind="bad" disabled={remove.isPending || many === 0 || many > AT_ONCE} onClick={() => remove.mutate()}>
                Delete {many.toLocaleString()} {many === 1 ? 'row' : 'rows'}
              </button>
              <button type="button" className="button" onClick={onClose}>
                Keep them
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
    <Modal title="Change rows" onClose={onClose} wide>
      <div className="stack">
        <label className="field">
          <span>Column</span>
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
              <option key={one.name}>{one.name}</option>
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
              <strong>{many.toLocaleString()}</strong> {many === 1 ? 'row' : 'rows'} will have <code>{name}</code> = <Cell value={set[name]} />. As they are now:
            </p>
            <Some table={table} rows={preview.data.before} first={name} />
          </>
        )}
        <div className="row">
          {preview.isSuccess ? (
            <button type="button" className="button" data-kind="main" disabled={change.isPending || many === 0 || many > AT_ONCE} onClick={() => change.mutate()}>
              Change {many.toLocaleString()} {many === 1 ? 'row' : 'rows'}
            </button>
          ) : (
            <button type="button" className="button" data-kind="main" disabled={preview.isPending || !column} onClick={() => preview.mutate()}>
              Show what would change
            </button>
          )}
          <button type="button" className="button" onClick={onClose}>
            Leave them
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
              <th key={one}>{one}</th>
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
      {rows.length > SHOWN && <p className="quiet card-note">and {(rows.length - SHOWN).toLocaleString()} more</p>}
    </div>
  )
}
