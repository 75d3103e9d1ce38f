// Who did what, through which door, and how it went; and the proof that no line was changed.

import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client'
import { Ago } from '../../parts/ago'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
import { t, known } from '../../words/words'
import { Trace, useView } from './events'

export function Audit() {
  const [search] = useView()
  const [operation, setOperation] = useState('')
  const [changes, setChanges] = useState(true)
  const lines = useQuery({
    queryKey: ['audit:list', operation],
    queryFn: () => call('audit:list', { operation: operation || undefined, limit: 500 }),
    staleTime: 0,
  })
  const verify = useMutation({ mutationFn: () => call('audit:verify') })
  if (lines.isPending) return <Waiting what={t('events.readingTheAuditTrail')} />
  if (lines.isError) return <Trouble error={lines.error} again={() => lines.refetch()} />
  const shown = lines.data.lines
    .toReversed()
    .filter((line) => (!changes || line.effect !== 'read') && (!search.trace || line.trace_id === search.trace))
  return (
    <div className="stack">
      <div className="row">
        <input
          className="input events-filter"
          type="search"
          aria-label={t('events.onlyCallsOfThisOperation')}
          placeholder={t('events.onlyCallsOfThisOperation')}
          onKeyDown={(event) => event.key === 'Enter' && setOperation(event.currentTarget.value)}
          onBlur={(event) => setOperation(event.currentTarget.value)}
        />
        <label className="check">
          <input type="checkbox" checked={changes} onChange={(event) => setChanges(event.target.checked)} />
          {t('events.onlyWhatChangedSomething')}
        </label>
        <button type="button" className="button" onClick={() => verify.mutate()} disabled={verify.isPending}>
          {t('events.verifyTheChain')}
        </button>
        {verify.isSuccess && (
          <span className="badge" data-kind={verify.data.good ? 'well' : 'bad'} role="status">
            {verify.data.good ? t('events.chainGood', { count: verify.data.lines }) : t('events.chainBroken', { where: JSON.stringify(verify.data.broken) })}
          </span>
        )}
      </div>
      {verify.isError && <Trouble error={verify.error} />}
      {shown.length === 0 ? (
        <div className="empty">
          <p>{t('events.noCallOfThisKind')}</p>
        </div>
      ) : (
        <div className="card scroll" tabIndex={0} role="region" aria-label={t('events.calls')}>
          <table className="table">
            <thead>
              <tr>
                <th>{t('events.when')}</th>
                <th>{t('all.who')}</th>
                <th>{t('events.operation')}</th>
                <th>{t('events.door')}</th>
                <th>{t('all.result')}</th>
                <th>{t('events.input')}</th>
                <th>{t('events.trace')}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((line) => (
                <tr key={line.position}>
                  <td className="nowrap">
                    <Ago at={line.at} />
                  </td>
                  <td translate="no">{line.actor}</td>
                  <td className="mono">
                    {line.operation} {line.preview && <span className="badge">{t('events.preview')}</span>}
                  </td>
                  <td translate="no">{line.door}</td>
                  <td>
                    <span className="badge" data-kind={codeOf(line) ? 'bad' : 'well'} translate={codeOf(line) ? 'no' : undefined}>
                      {codeOf(line) ?? known('done')}
                    </span>
                  </td>
                  <td className="mono cut">{JSON.stringify(line.input)}</td>
                  <td>
                    <Trace id={line.trace_id} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  )
}

function codeOf(line: object): string | undefined {
  const code = (line as Record<string, unknown>).code
  return typeof code === 'string' ? code : undefined
}
