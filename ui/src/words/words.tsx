// What the screen says, in the language of whoever looks at it: words of the catalogue, numbers, dates,
// durations and lists. The language is the browser's, or the one that was chosen here.
// Never: a text that stands in a component. What the board itself says is shown as it says it.

import { Fragment, type ReactNode, useSyncExternalStore } from 'react'
import { LANGUAGES, type LanguageName } from './languages'
import type { Filling, Forms, Language, Plain, Word } from './shape'

export type { Plain, Word } from './shape'

const KEY = 'magflock.language'

let spoken: Language | undefined
let name: LanguageName = 'en'
let locale = 'en'
let counts = new Intl.PluralRules(locale)
const listeners = new Set<() => void>()

const isLanguage = (tag: string): tag is LanguageName => Object.hasOwn(LANGUAGES, tag)
const bare = (tag: string) => tag.split('-')[0]?.toLowerCase() ?? ''

/** What was chosen in this browser; nothing when it follows the browser's own language. */
export function chosenLanguage(): LanguageName | undefined {
  const kept = localStorage.getItem(KEY)
  return kept && isLanguage(kept) ? kept : undefined
}

/** Keeps the choice, and speaks so from now on. */
export async function chooseLanguage(next: LanguageName | undefined): Promise<void> {
  if (next) localStorage.setItem(KEY, next)
  else localStorage.removeItem(KEY)
  await speak()
}

/** Reads the words of the language that is wanted; the screen is drawn when they are there. */
export async function speak(): Promise<void> {
  const wanted = chosenLanguage() ?? navigator.languages.map(bare).find(isLanguage) ?? 'en'
  const told = (await LANGUAGES[wanted].load()).default as Language
  name = wanted
  spoken = told
  // British dates for who reads English as the British do.
  locale = navigator.languages.find((one) => bare(one) === bare(told.tag)) ?? told.tag
  counts = new Intl.PluralRules(locale)
  formats.clear()
  document.documentElement.lang = told.tag
  document.documentElement.dir = told.dir
  for (const hear of listeners) hear()
}

export function useLanguage(): LanguageName {
  return useSyncExternalStore(
    (hear) => {
      listeners.add(hear)
      return () => listeners.delete(hear)
    },
    () => name,
  )
}

type Rest<W extends Word, Value> = W extends Plain ? [] : [filling: Filling<W, Value>]

function template(word: Word, filling: Record<string, unknown>): string {
  const said: string | Forms | undefined = spoken?.words[word]
  // Only a module that speaks before the screen does comes here.
  if (said === undefined) throw new Error(`\`${word}\` was said before a language was there`)
  if (typeof said === 'string') return said
  return said[counts.select(Number(filling.count))] ?? said.other
}

/** A word of the catalogue, with its places filled. Numbers are written as the language writes them. */
export function t<W extends Word>(word: W, ...[filling]: Rest<W, string | number>): string {
  const filled: Record<string, string | number> = filling ?? {}
  return template(word, filled).replace(/\{(\w+)\}/g, (whole, hole: string) => {
    const value = filled[hole]
    return value === undefined ? whole : typeof value === 'number' ? number(value) : value
  })
}

/** A word whose places are filled by more than text: a piece of code, a link, a moment. */
export function T<W extends Exclude<Word, Plain>>({ word, with: filling }: { word: W; with: Filling<W, ReactNode> }) {
  const filled = filling as Record<string, ReactNode>
  return template(word, filled)
    .split(/\{(\w+)\}/)
    .map((piece, n) => {
      const value = n % 2 === 0 ? piece : filled[piece]
      return <Fragment key={n}>{typeof value === 'number' ? number(value) : value}</Fragment>
    })
}

/** A state or a kind that the board names by a word of its own; one that is new stays as it is. */
export function known(value: string): string {
  const word = `state.${value}` as Plain
  const said = spoken?.words[word]
  return typeof said === 'string' ? said : value
}

// Formats cost more to make than to use: each is made once for a language.
const formats = new Map<string, { format: (value: never) => string }>()

function made<Format extends { format: (value: never) => string }>(key: string, make: () => Format): Format {
  const kept = formats.get(key)
  if (kept) return kept as Format
  const fresh = make()
  formats.set(key, fresh)
  return fresh
}

export function number(value: number, options: Intl.NumberFormatOptions = {}): string {
  return made(`number ${JSON.stringify(options)}`, () => new Intl.NumberFormat(locale, options)).format(value)
}

/** As exact as a glance needs: three digits. */
export const plain = (value: number): string => number(value, value >= 100 ? { maximumFractionDigits: 0 } : value >= 1 ? { maximumFractionDigits: 1 } : { maximumSignificantDigits: 2 })

export const percent = (share: number, digits = 0): string => number(share, { style: 'percent', maximumFractionDigits: digits })

const unit = (value: number, name: string, digits = 0) => number(value, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits })

const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']

export function bytes(value: number): string {
  let at = 0
  let size = value
  while (size >= 1000 && at < SIZES.length - 1) {
    size /= 1000
    at++
  }
  return unit(size, SIZES[at] ?? 'byte', size >= 100 ? 0 : 1)
}

export const ms = (value: number): string => (value >= 1000 ? unit(value / 1000, 'second', 1) : unit(value, 'millisecond', value >= 10 ? 0 : 1))

const SPANS: [string, number][] = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]]

/** The two largest units of a time in seconds. */
export function duration(seconds: number): string {
  const at = Math.max(0, SPANS.findIndex(([, size]) => seconds >= size))
  const told = SPANS.slice(seconds < 1 ? -1 : at).slice(0, 2).map(([name, size], n) => {
    const whole = n === 0 ? seconds : seconds % (SPANS[at]?.[1] ?? 1)
    return unit(Math.floor(whole / size), name)
  })
  return told.join(' ')
}

export function moment(at: Date | number, options: Intl.DateTimeFormatOptions = { dateStyle: 'medium', timeStyle: 'medium' }): string {
  return made(`moment ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(locale, options)).format(at as never)
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000], ['second', 1_000]]

/** When, as people say it. */
export function ago(then: Date): string {
  const away = then.getTime() - Date.now()
  const [name, size] = STEPS.find(([, size]) => Math.abs(away) >= size) ?? ['second', 1_000]
  const words = made('ago', () => {
    const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })
    return { format: ([value, name]: [number, Intl.RelativeTimeFormatUnit]) => words.format(value, name) }
  })
  return words.format([Math.round(away / size), name])
}

/** Several things, one after another as the language puts them. */
export function list(all: Iterable<string>): string {
  return made('list', () => new Intl.ListFormat(locale, { style: 'short', type: 'unit' })).format([...all] as never)
}
