// Tabs, history and saved queries: in this browser, for the one who sits here.

import { t } from '../../words/words'

export interface Tab {
  id: number
  name: string
  text: string
}

export interface Kept {
  tabs: Tab[]
  at: number
  history: { text: string; at: string }[]
  saved: { name: string; text: string }[]
}

const KEY = 'magflock.query'
const HISTORY = 100

export function readKept(): Kept {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '') as Kept
    if (kept.tabs.length > 0) return kept
  } catch {
    // Nothing yet, or of an older form.
  }
  return { tabs: [{ id: 1, name: t('query.tab', { number: 1 }), text: '' }], at: 1, history: [], saved: [] }
}

export function keep(kept: Kept) {
  localStorage.setItem(KEY, JSON.stringify({ ...kept, history: kept.history.slice(0, HISTORY) }))
}
