// What a column shall be, as fields in a line.

import { useQuery } from '@tanstack/react-query'
import { call } from '../../api/client'
import type { Where } from '../../parts/where'
import { t } from '../../words/words'
import { type Draft, TYPES } from './ddl'

interface FieldsProps {
  draft: Draft
  engine: string
  where: Where
  onDraft: (next: Draft) => void
  /** A key can only be made with its table. */
  withKey?: boolean
  onRemove?: () => void
}

export function ColumnFields({ draft, engine, where, onDraft, withKey, onRemove }: FieldsProps) {
  const targets = useTargets(where)
  const set = (next: Partial<Draft>) => onDraft({ ...draft, ...next })
  const types = TYPES[engine] ?? TYPES.sqlite ?? []
  const named = draft.name || t('data.theColumn')
  return (
    <div className="draft" role="group" data-named={draft.name ? true : undefined} aria-label={named}>
      <input className="input" aria-label={t('all.name')} placeholder={t('data.nameOf')} spellCheck={false} autoComplete="off" value={draft.name} onChange={(event) => set({ name: event.target.value })} />
      <input className="input mono" aria-label={t('data.typeOf', { column: named })} list={`types-${engine}`} spellCheck={false} value={draft.type} onChange={(event) => set({ type: event.target.value })} />
      <datalist id={`types-${engine}`}>
        {types.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <input
        className="input mono"
        aria-label={t('data.defaultOf', { column: named })}
        placeholder={draft.default === 'identity' ? '' : t('data.noDefault')}
        spellCheck={false}
        value={draft.default === 'identity' ? t('data.countsByItself') : draft.default}
        disabled={draft.default === 'identity'}
        onChange={(event) => set({ default: event.target.value })}
      />
      <select className="input" aria-label={t('data.wherePoints', { column: named })} value={draft.reference} onChange={(event) => set({ reference: event.target.value })}>
        <option value="">{t('data.pointsNowhere')}</option>
        {targets.map((one) => (
          <option key={one} value={one} translate="no">
            {one.replace(/^public\./, '')}
          </option>
        ))}
      </select>
      <span className="draft-checks">
        {withKey && (
          <label className="check">
            <input type="checkbox" checked={draft.primary} onChange={(event) => set({ primary: event.target.checked, nullable: event.target.checked ? false : draft.nullable, default: !event.target.checked && draft.default === 'identity' ? '' : draft.default })} />
            {t('all.key')}
          </label>
        )}
        <label className="check">
          <input type="checkbox" checked={!draft.nullable} disabled={draft.primary} onChange={(event) => set({ nullable: !event.target.checked })} />
          {t('data.neverNull')}
        </label>
        <label className="check">
          <input type="checkbox" checked={draft.unique} disabled={draft.primary} onChange={(event) => set({ unique: event.target.checked })} />
          {t('data.unique')}
        </label>
        {onRemove && (
          <button type="button" className="button" data-kind="quiet" aria-label={t('data.without', { column: named })} onClick={onRemove}>
            ✕
          </button>
        )}
      </span>
    </div>
  )
}

/** Columns that others can point to: single keys, `authors.id`. */
export function useTargets(where: Where): string[] {
  const found = useQuery({
    queryKey: ['schema:show', where, 'targets'],
    queryFn: async () => {
      const all = await call('schema:show', { ...where })
      const tables = (all.tables ?? []).filter((one) => one.kind === 'table').slice(0, TABLES_MAX)
      const shown = await Promise.all(tables.map((one) => call('schema:show', { ...where, table: `${one.schema}.${one.name}` })))
      return shown.flatMap((one) =>
        (one.keys ?? [])
          .filter((key) => key.kind === 'primary' && key.columns.length === 1)
          .map((key) => `${one.table?.schema === 'public' ? '' : `${one.table?.schema}.`}${one.table?.name}.${key.columns[0]}`),
      )
    },
  })
  return found.data ?? []
}

/** Each is asked by itself. */
const TABLES_MAX = 60
