// What the doctor sees, with a way to mend it where there is one.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'

export function Findings() {
  const queries = useQueryClient()
  const mayMend = useMay('doctor:run')
  const seen = useQuery({ queryKey: ['doctor:run'], queryFn: () => call('doctor:run'), enabled: mayMend })
  const mend = useMutation({
    mutationFn: () => call('doctor:run', { fix: true }, { consent: 'yes' }),
    onSuccess: (after) => {
      queries.setQueryData(['doctor:run'], after)
      say({ text: after.fixed.length ? `Mended: ${after.fixed.map((one) => one.what).join(', ')}` : 'Nothing could be mended by itself' })
    },
  })
  if (seen.isError) return <Trouble error={seen.error} />
  if (!seen.data || seen.data.findings.length === 0) return null
  return (
    <section aria-label="The doctor's findings" className="card stack findings">
      <div className="row-apart">
        <h2>The doctor found something</h2>
        {mayMend && seen.data.findings.some((one) => one.fixable) && (
          <button type="button" className="button" data-kind="main" onClick={() => mend.mutate()} disabled={mend.isPending}>
            Mend what can be mended
          </button>
        )}
      </div>
      {mend.isError && <Trouble error={mend.error} />}
      <ul className="stack">
        {seen.data.findings.map((one) => (
          <li key={one.ailment + (one.subject ?? '')}>
            <p>
              <span className="badge" data-kind={one.severity === 'serious' ? 'bad' : 'warn'}>
                {one.severity}
              </span>{' '}
              {one.problem}
            </p>
            <p className="quiet">{one.explanation}</p>
            <p>{one.suggestion}</p>
          </li>
        ))}
      </ul>
    </section>
  )
}
