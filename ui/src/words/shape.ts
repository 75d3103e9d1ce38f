// What a language has to have: every word that English has, with the same places to fill. Only types:
// a misspelt word, a forgotten one or a place that nobody fills does not compile.

import type english from './en'

type English = (typeof english)['words']

/** The name of a word. */
export type Word = keyof English

/** A word that depends on a number, by the rules of its language (Intl.PluralRules). */
export type Forms = { readonly other: string } & { readonly [Rule in Intl.LDMLPluralRule]?: string }

type TextOf<Said> = Said extends string ? Said : Said extends { readonly other: infer Text } ? Text : never

/** The places of a text: `Hello {name}` has `name`. */
type Holes<Text> = Text extends `${string}{${infer Hole}}${infer Rest}` ? Hole | Holes<Rest> : never

/** A word without a place to fill. */
export type Plain = { [W in Word]: [Holes<TextOf<English[W]>>] extends [never] ? W : never }[Word]

/** What fills the places of a word; what is counted is a number. */
export type Filling<W extends Word, Value> = { [Hole in Holes<TextOf<English[W]>>]: Hole extends 'count' ? number : Value }

/** The words of another language, each checked against the English one. */
export type Translation<Said> = {
  readonly [W in Word]: W extends keyof Said
    ? English[W] extends string
      ? Said[W] extends string
        ? [Holes<Said[W]>] extends [Holes<English[W]>]
          ? string
          : `a place that English does not fill: ${Exclude<Holes<Said[W]>, Holes<English[W]>>}`
        : string
      : Said[W] extends Forms
        ? [Holes<TextOf<Said[W]>>] extends [Holes<TextOf<English[W]>>]
          ? Forms
          : `a place that English does not fill`
        : Forms
    : string | Forms
}

export interface Language {
  /** As Intl and the `lang` of the page name it. */
  tag: string
  dir: 'ltr' | 'rtl'
  words: { readonly [W in Word]: string | Forms }
}
