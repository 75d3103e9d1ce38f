// What the doctor sees, with a way to mend it where there is one.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { t, known, list } from '../../words/words'

export function Findings() {
  const queries = useQueryClient()
  const mayMend = useMay('doctor:run')
  const seen = useQuery({ queryKey: ['doctor:run'], queryFn: () => call('doctor:run'), enabled: mayMend })
  const mend = useMutation({
    mutationFn: () => call('doctor:run', { fix: true }, { consent: 'yes' }),
    onSuccess: (after) => {
      queries.setQueryData(['doctor:run'], after)
      say({ text: after.fixed.length ? t('board.mended', { what: list(after.fixed.map((one) => one.what)) }) : t('board.nothingMended') })
    },
  })
  if (seen.isError) return <Trouble error={seen.error} />
  if (!seen.data || seen.data.findings.length === 0) return null
  return (
    <section aria-label={t('board.theDoctorsFindings')} className="card stack findings">
      <div className="row-apart">
        <h2>{t('board.theDoctorFoundSomething')}</h2>
        {mayMend && seen.data.findings.some((one) => one.fixable) && (
          <button type="button" className="button" data-kind="main" onClick={() => mend.mutate()} disabled={mend.isPending}>
            {t('board.mendWhatCanBeMended')}
          </button>
        )}
      </div>
      {mend.isError && <Trouble error={mend.error} />}
      <ul className="stack">
        {seen.data.findings.map((one) => (
          <li key={one.ailment + (one.subject ?? '')}>
            <p>
              <span className="badge" data-kind={one.severity === 'serious' ? 'bad' : 'warn'}>
                {known(one.severity)}
              </span>{' '}
              <span lang="en">{one.problem}</span>
            </p>
            <p className="quiet" lang="en">{one.explanation}</p>
            <p lang="en">{one.suggestion}</p>
          </li>
        ))}
      </ul>
    </section>
  )
}
