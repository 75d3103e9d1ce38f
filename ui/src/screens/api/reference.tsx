// Each table as the API shows it: what can be asked of it, and the requests that do so.

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client'
import { Copy } from '../../parts/copy'
import { Trouble } from '../../parts/trouble'
import type { Where } from '../../parts/where'
import { kindOf } from '../data/table'
import { t } from '../../words/words'
import { useBase, useShownKey } from './connect'

export function Reference({ where }: { where: Where }) {
  const tables = useQuery({ queryKey: ['schema:show', where], queryFn: () => call('schema:show', { ...where }) })
  const base = useBase()
  return (
    <section className="card stack" aria-label={t('all.tables')}>
      <div className="row-apart">
        <h2>{t('all.tables')}</h2>
        <a href={`${base}/rest/v1/reference`} target="_blank" rel="noreferrer">
          {t('api.theWholeReference')}
        </a>
      </div>
      {tables.isError && <Trouble error={tables.error} />}
      {tables.data?.tables?.length === 0 && <p className="quiet">{t('all.noTableYet')}</p>}
      <ul className="lines">
        {tables.data?.tables?.map((one) => (
          <li key={`${one.schema}.${one.name}`}>
            <Entry where={where} schema={one.schema} name={one.name} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Entry({ where, schema, name }: { where: Where; schema: string; name: string }) {
  const [open, setOpen] = useState(false)
  return (
    <details className="api-entry" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <code>/rest/v1/{name}</code> {schema !== 'public' && <span className="badge" translate="no">{schema}</span>}
      </summary>
      {open && <Requests where={where} schema={schema} name={name} />}
    </details>
  )
}

function Requests({ where, schema, name }: { where: Where; schema: string; name: string }) {
  const base = useBase()
  const key = useShownKey() || 'YOUR_KEY'
  const shown = useQuery({ queryKey: ['schema:show', where, `${schema}.${name}`, 'shape'], queryFn: () => call('schema:show', { ...where, table: `${schema}.${name}` }) })
  if (shown.isError) return <Trouble error={shown.error} />
  if (!shown.data) return <p className="quiet">…</p>
  const columns = shown.data.columns ?? []
  const keys = shown.data.keys?.find((one) => one.kind === 'primary')?.columns ?? []
  const own = keys[0] ?? columns[0]?.name ?? 'id'
  const texts = columns.filter((one) => !keys.includes(one.name) && !one.generated)
  const body = JSON.stringify(Object.fromEntries(texts.slice(0, 3).map((one) => [one.name, example(kindOf(one))])))
  const profile = schema === 'public' ? '' : ` \\\n  -H 'Accept-Profile: ${schema}'`
  const requests = [
    { name: t('api.read'), text: `curl '${base}/rest/v1/${name}?select=${columns.slice(0, 4).map((one) => one.name).join(',')}&order=${own}&limit=10' \\\n  -H 'apikey: ${key}'${profile}` },
    { name: t('api.readOne'), text: `curl '${base}/rest/v1/${name}?${own}=eq.1' \\\n  -H 'apikey: ${key}' -H 'Accept: application/vnd.pgrst.object+json'${profile}` },
    { name: t('all.insert'), text: `curl '${base}/rest/v1/${name}' \\\n  -H 'apikey: ${key}' -H 'Content-Type: application/json' -H 'Prefer: return=representation' \\\n  -d '${body}'` },
    { name: t('all.change'), text: `curl -X PATCH '${base}/rest/v1/${name}?${own}=eq.1' \\\n  -H 'apikey: ${key}' -H 'Content-Type: application/json' \\\n  -d '${body}'` },
    { name: t('all.delete'), text: `curl -X DELETE '${base}/rest/v1/${name}?${own}=eq.1' \\\n  -H 'apikey: ${key}'` },
  ]
  return (
    <div className="stack">
      <div className="scroll" tabIndex={0} role="region" aria-label={t('api.columnsOf', { name })}>
        <table className="table">
          <thead>
            <tr>
              <th>{t('all.column')}</th>
              <th>{t('all.type')}</th>
              <th>{t('all.null')}</th>
              <th>{t('all.about')}</th>
            </tr>
          </thead>
          <tbody>
            {columns.map((one) => (
              <tr key={one.name}>
                <td>
                  <bdi>{one.name}</bdi> {keys.includes(one.name) && <span className="badge">{t('all.key')}</span>}
                </td>
                <td className="mono">{one.type}</td>
                <td>{one.nullable ? t('all.mayBe') : <span className="quiet">{t('all.never')}</span>}</td>
                <td translate={one.comment ? 'no' : undefined}>{one.comment ?? (one.default && <span className="quiet">{t('all.defaultIs', { value: one.default })}</span>)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {requests.map((one) => (
        <div key={one.name}>
          <div className="row-apart">
            <h3>{one.name}</h3>
            <Copy text={one.text} />
          </div>
          <pre className="code" tabIndex={0} aria-label={t('api.withCurl', { what: one.name })}>
            {one.text}
          </pre>
        </div>
      ))}
    </div>
  )
}

const example = (kind: ReturnType<typeof kindOf>): unknown =>
  ({ yes: true, whole: 1, number: 1.5, date: '2026-01-31', time: '12:00:00', moment: '2026-01-31T12:00:00Z', json: {}, list: [], choice: '…', reference: 1, bytes: '\\x00', text: '…' })[kind]
