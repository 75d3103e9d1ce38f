// Who did what, through which door, and how it went; and the proof that no line was changed.

import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client'
import { Ago } from '../../parts/ago'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
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
  if (lines.isPending) return <Waiting what="the audit trail" />
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
          aria-label="Only calls of this operation"
          placeholder="Only calls of this operation"
          onKeyDown={(event) => event.key === 'Enter' && setOperation(event.currentTarget.value)}
          onBlur={(event) => setOperation(event.currentTarget.value)}
        />
        <label className="check">
          <input type="checkbox" checked={changes} onChange={(event) => setChanges(event.target.checked)} />
          only what changed something
        </label>
        <button type="button" className="button" onClick={() => verify.mutate()} disabled={verify.isPending}>
          Verify the chain
        </button>
        {verify.isSuccess && (
          <span className="badge" data-kind={verify.data.good ? 'well' : 'bad'} role="status">
            {verify.data.good ? `${verify.data.lines} lines, none changed or missing` : `the chain is broken: ${JSON.stringify(verify.data.broken)}`}
          </span>
        )}
      </div>
      {verify.isError && <Trouble error={verify.error} />}
      {shown.length === 0 ? (
        <div className="empty">
          <p>No call of this kind.</p>
        </div>
      ) : (
        <div className="card scroll" tabIndex={0} role="region" aria-label="Calls">
          <table className="table">
            <thead>
              <tr>
                <th>When</th>
                <th>Who</th>
                <th>Operation</th>
                <th>Door</th>
                <th>Result</th>
                <th>Input</th>
                <th>Trace</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((line) => (
                <tr key={line.position}>
                  <td className="nowrap">
                    <Ago at={line.at} />
                  </td>
                  <td>{line.actor}</td>
                  <td className="mono">
                    {line.operation} {line.preview && <span className="badge">preview</span>}
                  </td>
                  <td>{line.door}</td>
                  <td>
                    <span className="badge" data-kind={codeOf(line) ? 'bad' : 'well'}>
                      {codeOf(line) ?? 'done'}
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
