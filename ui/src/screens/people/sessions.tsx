// Who is signed in to this screen, and the way to end a session.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { Ago } from '../../parts/ago'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'

export function Sessions() {
  const queries = useQueryClient()
  const may = useMay('admin:signout')
  const sessions = useQuery({ queryKey: ['admin:sessions'], queryFn: () => call('admin:sessions'), staleTime: 0 })
  const end = useMutation({
    mutationFn: (which: { id?: string; all?: boolean }) => call('admin:signout', which, { consent: 'yes' }),
    onSuccess: (told) => {
      say({ text: told.ended === 1 ? 'The session has ended' : `${told.ended} sessions have ended` })
      void queries.invalidateQueries({ queryKey: ['admin:sessions'] })
      void queries.invalidateQueries({ queryKey: ['session'] })
    },
  })
  if (sessions.isPending) return <Waiting what="the sessions" />
  if (sessions.isError) return <Trouble error={sessions.error} again={() => sessions.refetch()} />
  return (
    <div className="stack">
      <div className="row-apart">
        <p className="quiet">Whoever is signed in to this screen, on any machine.</p>
        {may && sessions.data.sessions.length > 1 && (
          <button type="button" className="button" onClick={() => end.mutate({ all: true })}>
            End all of them
          </button>
        )}
      </div>
      {end.isError && <Trouble error={end.error} />}
      <div className="card scroll" tabIndex={0} role="region" aria-label="Sessions">
        <table className="table">
          <thead>
            <tr>
              <th>Who</th>
              <th>Browser</th>
              <th>Since</th>
              <th>Seen</th>
              <th aria-label="End it" />
            </tr>
          </thead>
          <tbody>
            {sessions.data.sessions.map((one) => (
              <tr key={one.id}>
                <td>
                  <bdi>{one.who}</bdi>
                </td>
                <td className="cut">
                  <bdi>{one.browser}</bdi>
                </td>
                <td className="nowrap">
                  <Ago at={one.since} />
                </td>
                <td className="nowrap">
                  <Ago at={one.seen} />
                </td>
                <td>
                  {may && (
                    <button type="button" className="button" data-kind="quiet" disabled={end.isPending} onClick={() => end.mutate({ id: one.id })}>
                      End it
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  )
}
