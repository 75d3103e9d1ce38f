import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { Ago } from '../../parts/ago'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { useLive } from '../../parts/use-live'
import { Waiting } from '../../parts/waiting'
import { t, known } from '../../words/words'

export function Jobs() {
  const queries = useQueryClient()
  const may = useMay('jobs:retry')
  const jobs = useQuery({ queryKey: ['jobs:list'], queryFn: () => call('jobs:list', { limit: 200 }) })
  const schedules = useQuery({ queryKey: ['jobs:schedules'], queryFn: () => call('jobs:schedules') })
  const again = () => queries.invalidateQueries({ queryKey: ['jobs:list'] })
  useLive('job', again)
  const act = useMutation({
    mutationFn: ({ verb, id }: { verb: 'jobs:retry' | 'jobs:cancel'; id: string }) =>
      call(verb as 'jobs:retry', { id }, { consent: 'yes' }),
    onSuccess: (_, { verb }) => {
      say({ text: verb === 'jobs:retry' ? t('events.itIsQueuedAgain') : t('events.itIsCancelled') })
      void again()
    },
  })
  if (jobs.isPending) return <Waiting what={t('events.readingTheJobs')} />
  if (jobs.isError) return <Trouble error={jobs.error} again={() => jobs.refetch()} />
  const { queued, running, done, dead, cancelled } = jobs.data
  return (
    <div className="stack">
      <p className="row">
        <span className="badge">{t('events.jobs.queued', { count: queued })}</span>
        <span className="badge">{t('events.jobs.running', { count: running })}</span>
        <span className="badge" data-kind="well">{t('events.jobs.done', { count: done })}</span>
        <span className="badge" data-kind={dead ? 'bad' : undefined}>{t('events.jobs.dead', { count: dead })}</span>
        <span className="badge">{t('events.jobs.cancelled', { count: cancelled })}</span>
      </p>
      {act.isError && <Trouble error={act.error} />}
      {jobs.data.jobs.length === 0 ? (
        <div className="empty">
          <p>{t('events.noJobHasBeenQueued')}</p>
        </div>
      ) : (
        <div className="card scroll" tabIndex={0} role="region" aria-label={t('events.jobs')}>
          <table className="table">
            <thead>
              <tr>
                <th>{t('all.kind')}</th>
                <th>{t('all.state')}</th>
                <th>{t('events.due')}</th>
                <th>{t('events.tries')}</th>
                <th>{t('events.why')}</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {jobs.data.jobs.map((job) => {
                return (
                  <tr key={job.id}>
                    <td className="mono">{job.kind}</td>
                    <td>{known(job.state)}</td>
                    <td><Ago at={job.due} /></td>
                    <td className="number">{t('all.of', { some: job.attempts, all: job.attempts_max })}</td>
                    <td lang="en">{job.error}</td>
                    <td>
                      {may && job.state === 'dead' && (
                        <button type="button" className="button" onClick={() => act.mutate({ verb: 'jobs:retry', id: job.id })}>
                          {t('all.tryAgain')}
                        </button>
                      )}
                      {may && job.state === 'queued' && (
                        <button type="button" className="button" onClick={() => act.mutate({ verb: 'jobs:cancel', id: job.id })}>
                          {t('events.cancel')}
                        </button>
                      )}
                    </td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </div>
      )}
      <h2>{t('events.schedules')}</h2>
      {schedules.isError && <Trouble error={schedules.error} />}
      {schedules.data?.schedules.length === 0 && <p className="quiet">{t('events.nothingRunsByTheClock')}</p>}
      {schedules.data && schedules.data.schedules.length > 0 && (
        <ul className="card">
          {schedules.data.schedules.map((one, n) => (
            <li key={n} className="mono">
              {Object.values(one as Record<string, unknown>).map(String).join('  ')}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
