// The power-on self-test of the last boot: six stages with their times.

import { useQuery } from '@tanstack/react-query'
import { call } from '../../api/client'
import { Trouble } from '../../parts/trouble'
import { t, known, ms } from '../../words/words'

export function Post() {
  const report = useQuery({ queryKey: ['board:report'], queryFn: () => call('board:report') })
  if (report.isError) return <Trouble error={report.error} />
  if (!report.data) return null
  return (
    <details className="card post">
      <summary>
        {t('board.bootReady', { boot: report.data.boot, time: ms(report.data.ready_ms ?? 0) })}
      </summary>
      <ol className="stack">
        {report.data.stages.map((stage) => (
          <li key={stage.number}>
            <h3>
              {stage.number}. <span lang="en">{stage.name}</span> <span className="quiet">{ms(stage.took_us / 1000)}</span>
            </h3>
            <ul>
              {stage.lines.map((line, n) => (
                <li key={n}>
                  <span className="badge" data-kind={line.mark === 'good' ? 'well' : line.mark === 'bad' ? 'bad' : 'warn'}>
                    {known(line.mark)}
                  </span>{' '}
                  <span lang="en">{line.text}</span>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </details>
  )
}
