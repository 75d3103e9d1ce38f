// A column by a form: what of it shall be otherwise. The board says which migration that is, or which
// rows stand in its way.

import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Modal } from '../../parts/modal'
import { Trouble } from '../../parts/trouble'
import { t } from '../../words/words'
import { askedOf, foresee, type Wish, wishOf } from './column-change'
import { useTargets } from './column-fields'
import { type Change, TYPES } from './ddl'
import type { Column, Table } from './table'

interface AskEditProps {
  table: Table
  column: Column
  onClose: () => void
  onChange: (change: Change) => void
}

/** The form may be longer than the screen: a refusal below it would be seen by nobody. */
const intoSight = (shown: HTMLDivElement | null) => shown?.scrollIntoView({ block: 'nearest' })

export function AskEdit({ table, column, onClose, onChange }: AskEditProps) {
  const [before] = useState(() => wishOf(table, column))
  const [wish, setWish] = useState(before)
  const targets = useTargets({ project: table.at.project, source: table.at.source })
  const set = (next: Partial<Wish>) => setWish((now) => ({ ...now, ...next }))
  const asked = askedOf(before, wish)
  const ask = useMutation({ mutationFn: () => foresee(table, column.name, asked ?? {}), onSuccess: onChange })
  const send = (event: FormEvent) => {
    event.preventDefault()
    ask.mutate()
  }
  // What it points to now may be no single key.
  const places = wish.reference && !targets.includes(wish.reference) ? [wish.reference, ...targets] : targets
  const types = TYPES[table.engine] ?? TYPES.sqlite ?? []
  return (
    <Modal title={t('data.columnTitle', { column: column.name })} onClose={onClose}>
      <form className="stack" onSubmit={send}>
        <label className="field">
          <span>{t('all.name')}</span>
          <input value={wish.name} spellCheck={false} autoComplete="off" onChange={(event) => set({ name: event.target.value })} />
        </label>
        <label className="field">
          <span>{t('all.type')}</span>
          <input className="mono" list="types-of-column" value={wish.type} spellCheck={false} onChange={(event) => set({ type: event.target.value })} />
          <datalist id="types-of-column">
            {types.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </label>
        {!column.generated && (
          <>
            <label className="field">
              <span>{t('data.whatEachBecomes')}</span>
              <input className="mono" value={wish.using} spellCheck={false} autoComplete="off" placeholder={column.name} onChange={(event) => set({ using: event.target.value })} />
              <span className="field-hint">{t('data.whatEachBecomesAbout')}</span>
            </label>
            <label className="field">
              <span>{t('all.default')}</span>
              <input className="mono" value={wish.default} spellCheck={false} autoComplete="off" onChange={(event) => set({ default: event.target.value })} />
            </label>
          </>
        )}
        <label className="field">
          <span>{t('data.eachRowHoldsTo')}</span>
          <input className="mono" value={wish.check} spellCheck={false} autoComplete="off" placeholder={`${column.name} > 0`} onChange={(event) => set({ check: event.target.value })} />
        </label>
        <label className="field">
          <span>{t('data.pointsTo')}</span>
          <select value={wish.reference} onChange={(event) => set({ reference: event.target.value })}>
            <option value="">{t('data.pointsNowhere')}</option>
            {places.map((one) => (
              <option key={one} value={one} translate="no">
                {one.replace(/^public\./, '')}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>{t('all.about')}</span>
          <input value={wish.comment} onChange={(event) => set({ comment: event.target.value })} />
        </label>
        <span className="draft-checks">
          <label className="check">
            <input type="checkbox" checked={wish.primary} onChange={(event) => set({ primary: event.target.checked })} />
            {t('all.key')}
          </label>
          <label className="check">
            <input type="checkbox" checked={!wish.nullable || wish.primary} disabled={wish.primary} onChange={(event) => set({ nullable: !event.target.checked })} />
            {t('data.neverNull')}
          </label>
          <label className="check">
            <input type="checkbox" checked={wish.unique || wish.primary} disabled={wish.primary} onChange={(event) => set({ unique: event.target.checked })} />
            {t('data.unique')}
          </label>
        </span>
        {table.engine === 'sqlite' && <p className="quiet">{t('data.sQLiteBuildsAnew')}</p>}
        {ask.isError && (
          <div ref={intoSight}>
            <Trouble error={ask.error} />
          </div>
        )}
        <div className="row">
          <button type="submit" className="button" data-kind="main" disabled={!asked || !wish.name.trim() || ask.isPending}>
            {t('data.showTheMigration')}
          </button>
        </div>
      </form>
    </Modal>
  )
}
