// What the board has counted lately, as it is counted.

import { useSyncExternalStore } from 'react'
import { type History, type Seen, type Span, streamOf } from './stream'

export type { History, Span } from './stream'

export function useHistory(span: Span): Seen {
  const stream = streamOf(span)
  return useSyncExternalStore(stream.listen, stream.now)
}

/** The lines of one name, each called by what it is of. */
export function linesOf(history: History | undefined, name: string, label?: string): { name: string; points: (number | null)[] }[] {
  return (history?.lines ?? [])
    .filter((one) => one.name === name)
    .map((one) => ({ name: label ?? (Object.values(one.of).join(' ') || name), points: one.points as (number | null)[] }))
}

/** All lines of a name together. */
export function sumOf(history: History | undefined, name: string, which: (of: Record<string, string>) => boolean = () => true): (number | null)[] {
  const lines = (history?.lines ?? []).filter((one) => one.name === name && which(one.of))
  return (history?.times ?? []).map((_, n) => {
    const known = lines.map((one) => one.points[n]).filter((one): one is number => one !== null && one !== undefined)
    return known.length > 0 ? known.reduce((sum, one) => sum + one, 0) : null
  })
}

