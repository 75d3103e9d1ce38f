// Rows out of a file: which of its columns goes where, a rehearsal in which the database itself says
// what it would refuse, and then the real thing.

import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { call, Problem } from '../../api/client'
import { Cell } from '../../parts/cell'
import { Modal } from '../../parts/modal'
import { Trouble } from '../../parts/trouble'
import { t, list } from '../../words/words'
import { BYTES_MAX, type FileRows, readRows } from './read-file'
import type { Column, Row, Table } from './table'
import { readValue } from './value'
import { AT_ONCE } from './writes'
import { done } from './undo'

interface ImportSheetProps {
  table: Table
  onClose: () => void
  after: () => void
}

/** Rows in one call, so that one answer stays within its bounds. */
const SENT = Math.min(AT_ONCE, 500)
/** Below what the board takes in one call (`admin.body_bytes_max`). */
const BYTES_SENT = 800_000
/** Most letters are one byte; what is more is left some room. */
const BYTES_OF_LETTER = 1.2
const SHOWN = 5

export function ImportSheet({ table, onClose, after }: ImportSheetProps) {
  const [file, setFile] = useState<FileRows & { name: string }>()
  const [wrong, setWrong] = useState<string>()
  const [mapping, setMapping] = useState<Record<string, string>>({})
  const [empties, setEmpties] = useState(true)
  const [progress, setProgress] = useState(0)

  const take = async (taken: { name: string; size: number; text: () => Promise<string> }) => {
    setWrong(undefined)
    rehearse.reset()
    try {
      if (taken.size > BYTES_MAX) throw new Error(t('data.theFileIsLargerThan'))
      const read = readRows(taken.name, await taken.text())
      setFile({ ...read, name: taken.name })
      setMapping(guess(read.columns, table.columns))
    } catch (error) {
      setFile(undefined)
      setWrong(error instanceof Error ? error.message : String(error))
    }
  }

  const rows = (): Row[] =>
    (file?.rows ?? []).map((from) => {
      const row: Row = {}
      for (const [source, target] of Object.entries(mapping)) {
        const column = table.columns.find((one) => one.name === target)
        if (!column) continue
        const value = from[source]
        if (value === undefined) continue
        if (value === '' && empties && file?.kind === 'CSV') {
          if (column.nullable || column.default) continue
        }
        row[target] = typeof value === 'string' && file?.kind === 'CSV' ? readValue(column, value, table) : value
      }
      return row
    })

  const send = async (preview: boolean) => {
    const all = rows()
    let sent = 0
    while (sent < all.length) {
      const at = sent
      const some = portion(all, at)
      setProgress(at / all.length)
      try {
        await call('rows:insert', { ...table.at, rows: some }, { preview, consent: preview ? undefined : 'yes' })
      } catch (error) {
        throw await told(error, some, at, preview)
      }
      sent += some.length
    }
    return sent
  }
  /** Which row it is that does not fit: found by halves, in rehearsals that leave nothing behind. */
  const told = async (error: unknown, some: Row[], at: number, preview: boolean) => {
    if (!(error instanceof Problem) || error.status >= 500) return error
    let [from, to] = [0, some.length]
    let last = error
    while (to - from > 1) {
      const middle = Math.floor((from + to) / 2)
      try {
        await call('rows:insert', { ...table.at, rows: some.slice(from, middle) }, { preview: true })
        from = middle
      } catch (problem) {
        if (!(problem instanceof Problem)) return error
        last = problem
        to = middle
      }
    }
    const before = preview || at === 0 ? '' : ` ${t('data.rowsBefore', { count: at })}`
    return new Problem(last.code, `${t('data.rowRefused', { number: at + from + 1, why: last.message })}${before}`, last.status, last.hint, `${last.details ?? ''} ${JSON.stringify(some[from]).slice(0, 300)}`.trim(), last.trace)
  }

  const rehearse = useMutation({ mutationFn: () => send(true) })
  const bring = useMutation({
    mutationFn: () => send(false),
    onSuccess: (sent) => {
      after()
      done(t('data.rowsCame', { count: sent, file: file?.name ?? t('data.theFile') }))
      onClose()
    },
    onError: after,
  })
  const used = new Set(Object.values(mapping).filter(Boolean))
  const missing = table.columns.filter((one) => !one.nullable && !one.default && !one.generated && !used.has(one.name) && !table.key.includes(one.name))
  return (
    <Modal title={t('data.rowsOutOfFile', { table: table.at.table.replace(/^public\./, '') })} onClose={onClose} wide>
      <div className="stack">
        <div
          className="drop"
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault()
            const dropped = event.dataTransfer.files[0]
            if (dropped) void take(dropped)
          }}
        >
          <label className="button">
            {t('data.chooseAFile')}
            <input
              type="file"
              className="out-of-sight"
              accept=".csv,.tsv,.json,.jsonl,.ndjson,text/csv,application/json"
              onChange={(event) => {
                const chosen = event.target.files?.[0]
                if (chosen) void take(chosen)
              }}
            />
          </label>
          <span className="quiet">{file ? t('data.fileHas', { file: file.name, count: file.rows.length, kind: file.kind === 'lines' ? t('data.jsonLines') : file.kind }) : t('data.orDropOneHere')}</span>
        </div>
        {wrong && <Trouble error={new Error(wrong)} />}
        {file && (
          <>
            <div className="scroll card">
              <table className="table">
                <thead>
                  <tr>
                    <th>{t('data.inTheFile')}</th>
                    <th>{t('data.goesTo')}</th>
                    <th>{t('data.looksLike')}</th>
                  </tr>
                </thead>
                <tbody>
                  {file.columns.map((name) => (
                    <tr key={name}>
                      <td>
                        <bdi>{name}</bdi>
                      </td>
                      <td>
                        <select
                          className="input"
                          aria-label={t('data.whereGoes', { column: name })}
                          value={mapping[name] ?? ''}
                          onChange={(event) => {
                            rehearse.reset()
                            setMapping((before) => ({ ...before, [name]: event.target.value }))
                          }}
                        >
                          <option value="">{t('data.nowhere')}</option>
                          {table.columns
                            .filter((one) => !one.generated)
                            .map((one) => (
                              <option key={one.name} value={one.name} disabled={used.has(one.name) && mapping[name] !== one.name} translate="no">
                                {one.name} ({one.type})
                              </option>
                            ))}
                        </select>
                      </td>
                      <td>
                        {file.rows.slice(0, SHOWN).map((row, n) => (
                          <span key={n} className="import-sample">
                            <Cell value={row[name]} />
                          </span>
                        ))}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            {file.kind === 'CSV' && (
              <label className="check">
                <input type="checkbox" checked={empties} onChange={(event) => setEmpties(event.target.checked)} />
                {t('data.anEmptyCellIsThe')}
              </label>
            )}
            {missing.length > 0 && <p className="field-wrong">{t('data.nothingGoesTo', { columns: list(missing.map((one) => one.name)) })}</p>}
            {(rehearse.isError || bring.isError) && <Trouble error={bring.error ?? rehearse.error} />}
            {rehearse.isSuccess && !bring.isPending && (
              <p role="status">
                <span className="badge" data-kind="well">
                  {t('data.rehearsed')}
                </span>{' '}
                {t('data.wouldTakeAll', { count: rehearse.data })}
              </p>
            )}
            {(rehearse.isPending || bring.isPending) && <progress aria-label={t('data.howFarItIs')} value={progress} max={1} />}
            <div className="row">
              <button type="button" className="button" data-kind={rehearse.isSuccess ? undefined : 'main'} disabled={rehearse.isPending || bring.isPending || used.size === 0} onClick={() => rehearse.mutate()}>
                {t('data.rehearse')}
              </button>
              <button type="button" className="button" data-kind={rehearse.isSuccess ? 'main' : undefined} disabled={!rehearse.isSuccess || bring.isPending} onClick={() => bring.mutate()}>
                {t('data.importRows', { count: file.rows.length })}
              </button>
            </div>
          </>
        )}
      </div>
    </Modal>
  )
}

/** As many rows as one call takes, by their number and by their size. */
function portion(all: Row[], from: number): Row[] {
  let bytes = 0
  let to = from
  while (to < all.length && to - from < SENT) {
    bytes += JSON.stringify(all[to]).length * BYTES_OF_LETTER
    if (to > from && bytes > BYTES_SENT) break
    to++
  }
  return all.slice(from, to)
}

/** A column that is called the same, give or take signs and capitals. */
function guess(from: string[], to: Column[]): Record<string, string> {
  const bare = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
  return Object.fromEntries(from.map((name) => [name, to.find((one) => !one.generated && bare(one.name) === bare(name))?.name ?? '']))
}
