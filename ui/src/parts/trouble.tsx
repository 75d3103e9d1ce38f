// What went wrong, why, and what to do next: the same everywhere.

import { Problem } from '../api/client'
import { t } from '../words/words'

export function Trouble({ error, again }: { error: unknown; again?: () => void }) {
  const problem = error instanceof Problem ? error : undefined
  const message = error instanceof Error ? error.message : String(error)
  return (
    <div className="trouble" role="alert">
      <p lang={problem?.status ? 'en' : undefined}>
        {message}
        {problem?.code && <code className="trouble-code">{problem.code}</code>}
      </p>
      {problem?.details && <p className="quiet trouble-details" lang="en">{problem.details}</p>}
      {problem?.hint && <p lang={problem.status ? 'en' : undefined}>{problem.hint}</p>}
      {again && (
        <button type="button" className="button" onClick={again}>
          {t('all.tryAgain')}
        </button>
      )}
    </div>
  )
}
