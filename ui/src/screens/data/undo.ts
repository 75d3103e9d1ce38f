// The last changes of this sitting, each with its way back.

import { useSyncExternalStore } from 'react'
import { say } from '../../parts/toast'
import { t } from '../../words/words'

interface Change {
  text: string
  back: () => Promise<unknown>
}

/** Who wants to go back further reads the audit trail. */
const KEPT = 20
let changes: Change[] = []
const listeners = new Set<() => void>()

function set(next: Change[]) {
  changes = next
  for (const hear of listeners) hear()
}

/** Tells what was done, and keeps the way back. */
export function done(text: string, back?: () => Promise<unknown>) {
  if (!back) return say({ text })
  const change = { text, back }
  set([...changes.slice(1 - KEPT), change])
  say({ text, undo: () => void undo(change) })
}

export async function undo(which = changes.at(-1)) {
  if (!which || !changes.includes(which)) return
  set(changes.filter((one) => one !== which))
  try {
    await which.back()
    say({ text: t('data.takenBack', { what: which.text }) })
  } catch (error) {
    set([...changes, which])
    say({ text: error instanceof Error ? error.message : String(error), kind: 'bad' })
  }
}

export function useLastChange(): Change | undefined {
  return useSyncExternalStore(
    (hear) => {
      listeners.add(hear)
      return () => listeners.delete(hear)
    },
    () => changes.at(-1),
  )
}
