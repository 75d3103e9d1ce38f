// What the board has counted lately, read again as often as it has a new point.

import { useQuery } from '@tanstack/react-query'
import { call, type Output } from '../api/client'

export type Span = 'hour' | 'day' | 'week'
export type History = Output<'metrics:history'>

export function useHistory(span: Span, only?: string[]) {
  return useQuery({
    queryKey: ['metrics:history', span, only],
    queryFn: () => call('metrics:history', { span, only }),
    refetchInterval: (query) => (query.state.data?.every_s ?? 10) * 1_000,
    staleTime: 0,
  })
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

export const bytes = (value: number): string => {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let at = 0
  let size = value
  while (size >= 1000 && at < units.length - 1) {
    size /= 1000
    at++
  }
  return `${size >= 100 || at === 0 ? Math.round(size) : size.toFixed(1)} ${units[at]}`
}

export const ms = (value: number): string => (value >= 1000 ? `${(value / 1000).toFixed(1)} s` : value >= 10 ? `${Math.round(value)} ms` : `${+value.toFixed(1)} ms`)
