// The power-on self-test of the last boot: six stages with their times.

import { useQuery } from '@tanstack/react-query'
import { call } from '../../api/client'
import { Trouble } from '../../parts/trouble'

export function Post() {
  const report = useQuery({ queryKey: ['board:report'], queryFn: () => call('board:report') })
  if (report.isError) return <Trouble error={report.error} />
  if (!report.data) return null
  return (
    <details className="card post">
      <summary>
        Boot {report.data.boot}: ready after {report.data.ready_ms} ms
      </summary>
      <ol className="stack">
        {report.data.stages.map((stage) => (
          <li key={stage.number}>
            <h3>
              {stage.number}. {stage.name} <span className="quiet">{(stage.took_us / 1000).toFixed(1)} ms</span>
            </h3>
            <ul>
              {stage.lines.map((line, n) => (
                <li key={n}>
                  <span className="badge" data-kind={line.mark === 'good' ? 'well' : line.mark === 'bad' ? 'bad' : 'warn'}>
                    {line.mark}
                  </span>{' '}
                  {line.text}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </details>
  )
}
