// Who is signed in to this screen, and the way to end a session.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { Ago } from '../../parts/ago'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
import { t } from '../../words/words'

export function Sessions() {
  const queries = useQueryClient()
  const may = useMay('admin:signout')
  const sessions = useQuery({ queryKey: ['admin:sessions'], queryFn: () => call('admin:sessions'), staleTime: 0 })
  const end = useMutation({
    mutationFn: (which: { id?: string; all?: boolean }) => call('admin:signout', which, { consent: 'yes' }),
    onSuccess: (told) => {
      say({ text: t('people.sessionsEnded', { count: told.ended }) })
      void queries.invalidateQueries({ queryKey: ['admin:sessions'] })
      void queries.invalidateQueries({ queryKey: ['session'] })
    },
  })
  if (sessions.isPending) return <Waiting what={t('people.readingTheSessions')} />
  if (sessions.isError) return <Trouble error={sessions.error} again={() => sessions.refetch()} />
  return (
    <div className="stack">
      <div className="row-apart">
        <p className="quiet">{t('people.whoeverIsSignedInTo')}</p>
        {may && sessions.data.sessions.length > 1 && (
          <button type="button" className="button" onClick={() => end.mutate({ all: true })}>
            {t('people.endAllOfThem')}
          </button>
        )}
      </div>
      {end.isError && <Trouble error={end.error} />}
      <div className="card scroll" tabIndex={0} role="region" aria-label={t('people.sessions')}>
        <table className="table">
          <thead>
            <tr>
              <th>{t('all.who')}</th>
              <th>{t('people.browser')}</th>
              <th>{t('all.since')}</th>
              <th>{t('people.seen')}</th>
              <th aria-label={t('people.endIt')} />
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
                      {t('people.endIt')}
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
