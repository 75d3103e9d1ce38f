// Facts of the bus as they are told: one line to the board, shared by everything on the screen.

import { useEffect, useRef } from 'react'
import { follow } from '../api/client'

export interface Told {
  position?: number
  at: string
  topic: string
  source: string
  fact: { data?: unknown; context?: Record<string, string> }
}

type Hear = (told: Told) => void
const listeners = new Set<Hear>()
let stop: (() => void) | undefined

function listen(hear: Hear): () => void {
  listeners.add(hear)
  stop ??= follow('events:tail', {}, (item) => {
    for (const one of listeners) one(item as Told)
  })
  return () => {
    listeners.delete(hear)
    if (listeners.size === 0) {
      stop?.()
      stop = undefined
    }
  }
}

/** Calls `hear` for each fact whose topic begins so. */
export function useLive(topic: string, hear: Hear) {
  const latest = useRef(hear)
  useEffect(() => {
    latest.current = hear
  })
  useEffect(
    () =>
      listen((told) => {
        if (topic === '' || told.topic === topic || told.topic.startsWith(`${topic}.`)) latest.current(told)
      }),
    [topic],
  )
}
