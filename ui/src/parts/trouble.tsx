// What went wrong, why, and what to do next: the same everywhere.

import { Problem } from '../api/client'

export function Trouble({ error, again }: { error: unknown; again?: () => void }) {
  const problem = error instanceof Problem ? error : undefined
  const message = error instanceof Error ? error.message : String(error)
  return (
    <div className="trouble" role="alert">
      <p>
        {message}
        {problem?.code && <code className="trouble-code">{problem.code}</code>}
      </p>
      {problem?.details && <p className="quiet">{problem.details}</p>}
      {problem?.hint && <p>{problem.hint}</p>}
      {again && (
        <button type="button" className="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  )
}
