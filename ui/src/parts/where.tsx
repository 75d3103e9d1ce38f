// Which project and source a screen looks at: part of its address, so that it can be shared.

import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { call } from '../api/client'
import { t } from '../words/words'

export interface Where {
  project?: string
  source?: string
}

export function useWhere(): [Where, (next: Where) => void] {
  const search = useSearch({ strict: false }) as Where
  const navigate = useNavigate()
  const change = (next: Where) =>
    void navigate({ to: '.', search: (before: Record<string, unknown>) => ({ ...before, ...next }), replace: true } as never)
  return [{ project: search.project, source: search.source }, change]
}

/** Whether a source is the one that is meant; the primary one of its project when none is named. */
export const isHere = (source: { project: string; source: string; primary: boolean }, where: Where) =>
  (where.project ? source.project === where.project : true) && (where.source ? source.source === where.source : source.primary)

export const useSources = () => useQuery({ queryKey: ['source:list'], queryFn: () => call('source:list') })

export function WherePicker() {
  const [where, change] = useWhere()
  const sources = useSources()
  const all = sources.data?.sources ?? []
  const at = all.find((one) => isHere(one, where))
  if (all.length < 2) return at ? <span className="badge" translate="no">{`${at.project}/${at.source}`}</span> : null
  return (
    <label className="row">
      <span className="out-of-sight">{t('all.source')}</span>
      <select
        className="input where"
        value={at ? `${at.project}/${at.source}` : ''}
        onChange={(event) => {
          const [project, source] = event.target.value.split('/')
          change({ project, source })
        }}
      >
        {all.map((one) => (
          <option key={`${one.project}/${one.source}`} value={`${one.project}/${one.source}`} translate="no">
            {one.project} / {one.source} ({one.engine})
          </option>
        ))}
      </select>
    </label>
  )
}
