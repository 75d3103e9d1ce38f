// One value in a table: harmless whatever it holds, cut where it is long, quiet where there is none.

import { t } from '../words/words'

/** More is shown when somebody asks for it. */
const SHOWN = 120

export function Cell({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span className="cell-none" translate="no">null</span>
  if (typeof value === 'boolean') return <span className="mono">{value ? 'true' : 'false'}</span>
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  if (text === '') return <span className="cell-none">{t('parts.empty')}</span>
  return (
    <bdi className={typeof value === 'object' ? 'mono' : undefined} title={text.length > SHOWN ? text.slice(0, 2_000) : undefined}>
      {text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text}
    </bdi>
  )
}
