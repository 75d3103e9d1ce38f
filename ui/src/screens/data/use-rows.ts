// Rows by their place, read page by page where somebody looks. A million rows are as near as ten.

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { call } from '../../api/client'
import type { Row, Table } from './table'

export const PAGE = 100
/** Pages in memory; those farthest from the eye are forgotten first. */
const PAGES_KEPT = 60
/** Whoever pulls the bar through a million rows reads none of them on the way. */
const REST_MS = 50
const READING_AT_ONCE = 3

export interface Rows {
  count: number
  /** The count is the engine's guess. */
  guessed: boolean
  rowAt: (n: number) => Row | undefined
  /** Says which rows are looked at. */
  look: (first: number, last: number) => void
  reload: () => void
  /** Puts a changed row in its place at once. */
  put: (n: number, row: Row) => void
  pending: boolean
  error?: unknown
  /** Changes when rows have come. */
  version: number
}

interface Held {
  pages: Map<number, Row[]>
  asked: Map<number, AbortController>
  stale: Set<number>
  seen: [number, number]
  timer?: ReturnType<typeof setTimeout>
}

const nothing = (): Held => ({ pages: new Map(), asked: new Map(), stale: new Set(), seen: [0, 0] })

export function useRows(table: Table, where: string[], order?: string): Rows {
  const [count, setCount] = useState(0)
  const [guessed, setGuessed] = useState(false)
  const [pending, setPending] = useState(true)
  const [error, setError] = useState<unknown>()
  const [version, setVersion] = useState(0)
  const held = useRef<Held>(nothing())
  const asking = JSON.stringify([table.at, where, order])
  // The key behind what somebody sorts by: equal values stay in one order from page to page.
  const sorted = useMemo(() => {
    const bare = order?.replace(/^-/, '')
    return [order, ...table.key.filter((one) => one !== bare)].filter((one): one is string => Boolean(one))
  }, [order, table.key])

  const read = useCallback(
    async (page: number) => {
      const own = held.current
      if (own.asked.has(page)) return
      const line = new AbortController()
      own.asked.set(page, line)
      try {
        const told = await call(
          'rows:read',
          { ...table.at, where, order: sorted, limit: PAGE, offset: page * PAGE, count: page === 0 ? 'estimated' : undefined },
          { signal: line.signal },
        )
        if (own !== held.current) return
        own.pages.set(page, told.rows)
        own.stale.delete(page)
        const reached = page * PAGE + told.rows.length
        setGuessed((before) => (page === 0 ? told.more : before))
        setCount((before) => {
          if (!told.more && (told.rows.length > 0 || page === 0)) return reached
          return Math.max(page === 0 ? (told.count ?? 0) : before, told.more ? reached + 1 : reached)
        })
        setError(undefined)
      } catch (problem) {
        if (own !== held.current || line.signal.aborted) return
        setError(problem)
      } finally {
        own.asked.delete(page)
        if (own === held.current) {
          setPending(false)
          setVersion((n) => n + 1)
          settle.current()
        }
      }
    },
    // `asking` stands for the table and the conditions.
    // eslint-disable-next-line
    [asking, sorted],
  )

  /** Asks for what is seen and not there, and forgets what is far. */
  const settle = useRef(() => {})
  settle.current = () => {
    const own = held.current
    const [first, last] = own.seen
    for (const [page, line] of own.asked) if (page !== 0 && (page < first - 1 || page > last + 1)) line.abort()
    for (let page = first; page <= last && own.asked.size < READING_AT_ONCE; page++) {
      if (!own.pages.has(page) || own.stale.has(page)) void read(page)
    }
    if (own.pages.size > PAGES_KEPT) {
      const far = [...own.pages.keys()].sort((a, b) => Math.abs(b - first) - Math.abs(a - first))
      for (const page of far.slice(0, own.pages.size - PAGES_KEPT)) own.pages.delete(page)
    }
  }

  useEffect(() => {
    held.current = nothing()
    setPending(true)
    setCount(0)
    setError(undefined)
    void read(0)
    return () => {
      const own = held.current
      clearTimeout(own.timer)
      for (const line of own.asked.values()) line.abort()
      held.current = nothing()
    }
  }, [read])

  const look = useCallback((first: number, last: number) => {
    const own = held.current
    own.seen = [Math.floor(first / PAGE), Math.floor(last / PAGE)]
    clearTimeout(own.timer)
    own.timer = setTimeout(() => settle.current(), REST_MS)
  }, [])
  const rowAt = useCallback((n: number) => held.current.pages.get(Math.floor(n / PAGE))?.[n % PAGE], [])
  const put = useCallback((n: number, row: Row) => {
    const page = held.current.pages.get(Math.floor(n / PAGE))
    if (page) page[n % PAGE] = row
    setVersion((before) => before + 1)
  }, [])
  // What is shown stays until the fresh one is there: nothing flickers.
  const reload = useCallback(() => {
    const own = held.current
    own.stale = new Set(own.pages.keys())
    void read(0).then(() => settle.current())
  }, [read])
  return { count, guessed, rowAt, look, reload, put, pending, error, version }
}
