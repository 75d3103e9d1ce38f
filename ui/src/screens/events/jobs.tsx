import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { Ago } from '../../parts/ago'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { useLive } from '../../parts/use-live'
import { Waiting } from '../../parts/waiting'

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
      say({ text: verb === 'jobs:retry' ? 'It is queued again' : 'It is cancelled' })
      void again()
    },
  })
  if (jobs.isPending) return <Waiting what="the jobs" />
  if (jobs.isError) return <Trouble error={jobs.error} again={() => jobs.refetch()} />
  const { queued, running, done, dead, cancelled } = jobs.data
  return (
    <div className="stack">
      <p className="row">
        <span className="badge">{queued} waiting</span>
        <span className="badge">{running} running</span>
        <span className="badge" data-kind="well">{done} done</span>
        <span className="badge" data-kind={dead ? 'bad' : undefined}>{dead} given up</span>
        <span className="badge">{cancelled} cancelled</span>
      </p>
      {act.isError && <Trouble error={act.error} />}
      {jobs.data.jobs.length === 0 ? (
        <div className="empty">
          <p>No job has been queued yet. Parts and extensions queue work that may take its time.</p>
        </div>
      ) : (
        <div className="card scroll" tabIndex={0} role="region" aria-label="Jobs">
          <table className="table">
            <thead>
              <tr>
                <th>Kind</th>
                <th>State</th>
                <th>Due</th>
                <th>Tries</th>
                <th>Why</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {jobs.data.jobs.map((job) => {
                return (
                  <tr key={job.id}>
                    <td className="mono">{job.kind}</td>
                    <td>{job.state}</td>
                    <td><Ago at={job.due} /></td>
                    <td className="number">{`${job.attempts} of ${job.attempts_max}`}</td>
                    <td>{job.error}</td>
                    <td>
                      {may && job.state === 'dead' && (
                        <button type="button" className="button" onClick={() => act.mutate({ verb: 'jobs:retry', id: job.id })}>
                          Try again
                        </button>
                      )}
                      {may && job.state === 'queued' && (
                        <button type="button" className="button" onClick={() => act.mutate({ verb: 'jobs:cancel', id: job.id })}>
                          Cancel
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
      <h2>Schedules</h2>
      {schedules.isError && <Trouble error={schedules.error} />}
      {schedules.data?.schedules.length === 0 && <p className="quiet">Nothing runs by the clock yet.</p>}
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
