// How an app reaches this board: addresses, and examples with the real address and, where one was just
// made, the real key.

import { useQuery } from '@tanstack/react-query'
import { useState, useSyncExternalStore } from 'react'
import { call } from '../../api/client'
import { Copy } from '../../parts/copy'
import { isHere, useSources, useWhere } from '../../parts/where'
import { t } from '../../words/words'
import { EXAMPLES } from './examples'

/** A key that was made on this page. It is kept nowhere: gone with the page. */
let made = ''
const listeners = new Set<() => void>()

export function showKey(key: string) {
  made = key
  for (const hear of listeners) hear()
}

export function useShownKey(): string {
  return useSyncExternalStore(
    (hear) => {
      listeners.add(hear)
      return () => listeners.delete(hear)
    },
    () => made,
  )
}

type Language = keyof typeof EXAMPLES

export function useBase(): string {
  const [where] = useWhere()
  return where.project && where.project !== 'main' ? `${location.origin}/p/${where.project}` : location.origin
}

export function Snippets({ table: wished }: { table?: string }) {
  const [where] = useWhere()
  const base = useBase()
  const key = useShownKey()
  const [language, setLanguage] = useState<Language>('supabase-js')
  const [table, setTable] = useState('')
  const tables = useQuery({ queryKey: ['schema:show', where], queryFn: () => call('schema:show', { ...where }) })
  const sources = useSources()
  const source = sources.data?.sources.find((one) => isHere(one, where))
  const names = tables.data?.tables?.map((one) => (one.schema === 'public' ? one.name : `${one.schema}.${one.name}`)) ?? []
  const chosen = table || wished || names[0] || 'people'
  const text = EXAMPLES[language]({ url: base, key: key || 'YOUR_KEY', table: chosen, engine: source?.engine ?? 'sqlite', place: source?.place ?? '' })
  return (
    <div className="stack">
      <div className="row-apart">
        <div className="tabs" role="tablist" aria-label={t('api.language')}>
          {(Object.keys(EXAMPLES) as Language[]).map((one) => (
            <button key={one} type="button" role="tab" aria-selected={one === language} onClick={() => setLanguage(one)} translate="no">
              {one}
            </button>
          ))}
        </div>
        <div className="row">
          {names.length > 0 && !wished && (
            <select className="input where" aria-label={t('api.table')} value={chosen} onChange={(event) => setTable(event.target.value)}>
              {names.map((one) => (
                <option key={one} translate="no">{one}</option>
              ))}
            </select>
          )}
          <Copy text={text} />
        </div>
      </div>
      <pre className="code snippet" tabIndex={0} aria-label={t('api.exampleIn', { language })}>
        {text}
      </pre>
    </div>
  )
}
