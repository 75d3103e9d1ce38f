// Tabs and history: in this browser, for the one who sits here.

import { t } from '../../words/words'

export interface Tab {
  id: number
  name: string
  text: string
}

export interface Query {
  name: string
  text: string
}

export interface Kept {
  tabs: Tab[]
  at: number
  history: { text: string; at: string }[]
}

const KEY = 'magflock.query'
const SAVED = 'magflock.query.saved'
const HISTORY = 100

export function readKept(): Kept {
  try {
    // Saved queries were kept among these once; the board keeps them now.
    const { saved, ...kept } = JSON.parse(localStorage.getItem(KEY) ?? '') as Kept & { saved?: Query[] }
    if (saved && saved.length > 0) localStorage.setItem(SAVED, JSON.stringify(saved))
    if (kept.tabs.length > 0) return kept
  } catch {
    // Nothing yet, or of an older form.
  }
  return { tabs: [{ id: 1, name: t('query.tab', { number: 1 }), text: '' }], at: 1, history: [] }
}

/** What an earlier screen has saved here, until the board has it. */
export function savedHere(): Query[] {
  try {
    return JSON.parse(localStorage.getItem(SAVED) ?? '[]') as Query[]
  } catch {
    return []
  }
}

export function forgetSavedHere(name: string) {
  const left = savedHere().filter((one) => one.name !== name)
  if (left.length > 0) localStorage.setItem(SAVED, JSON.stringify(left))
  else localStorage.removeItem(SAVED)
}

export function keep(kept: Kept) {
  localStorage.setItem(KEY, JSON.stringify({ ...kept, history: kept.history.slice(0, HISTORY) }))
}
