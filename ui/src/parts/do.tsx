// A button for an operation: shown to whoever may call it, with a form made from its schema, in which
// what is known already is not asked.

import { useQuery } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { readOperations } from '../api/operation-list'
import { may } from '../api/session'
import { useSession } from '../frame/session-place'
import { Modal } from './modal'

const OperationForm = lazy(() => import('./operation-form'))

interface DoProps {
  operation: string
  given?: Record<string, unknown>
  children: ReactNode
  kind?: 'main' | 'bad' | 'quiet'
  title?: string
  onDone?: () => void
  /** What is answered is shown once, and worth reading: the sheet stays open. */
  stays?: boolean
}

export function Do({ operation, given, children, kind, title, onDone, stays }: DoProps) {
  const session = useSession()
  const [open, setOpen] = useState(false)
  const operations = useQuery({ queryKey: ['operations'], queryFn: readOperations, staleTime: Infinity })
  const spec = operations.data?.find((one) => one.name === operation)
  // A board without this part has no such button.
  if (!spec || !may(session, spec.permission)) return null
  return (
    <>
      <button type="button" className="button" data-kind={kind} onClick={() => setOpen(true)}>
        {children}
      </button>
      {open && (
        <Modal title={title ?? spec.summary} board={title === undefined} onClose={() => setOpen(false)}>
          <Suspense fallback={<p className="quiet">…</p>}>
            <OperationForm
              spec={spec}
              given={given}
              titled
              onDone={() => {
                onDone?.()
                if (!stays) setOpen(false)
              }}
            />
          </Suspense>
        </Modal>
      )}
    </>
  )
}

/** Whether the board has an operation at all. */
export function useHas(operation: string): boolean {
  const operations = useQuery({ queryKey: ['operations'], queryFn: readOperations, staleTime: Infinity })
  return operations.data?.some((one) => one.name === operation) ?? false
}
