// Text to value and back, by the kind of the column. The board checks what comes; here is only what
// a field must know to be of help.

import { t } from '../../words/words'
import { type Column, kindOf, type Table, textOf } from './table'

/** As a field shows it. */
export function written(column: Column, value: unknown, table?: Table): string {
  if (value === null || value === undefined) return ''
  const kind = kindOf(column, table)
  if (kind === 'json') return typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value, null, 2)
  if (kind === 'list') return Array.isArray(value) ? JSON.stringify(value) : String(value)
  // A field for a moment takes `2026-01-02T03:04:05`.
  if (kind === 'moment') return String(value).replace(' ', 'T').replace(/([+-]\d\d)(:?\d\d)?$|Z$/, '')
  return textOf(value)
}

/** As the board takes it; a text that is none of the kind is sent as it stands, and refused there in words. */
export function readValue(column: Column, text: string, table?: Table): unknown {
  switch (kindOf(column, table)) {
    case 'json':
    case 'list':
      return parsed(text)
    case 'yes':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'whole':
    case 'number':
      return plainNumber(text)
    case 'moment':
      return /with time zone$/.test(column.type) && /T\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text) ? `${text}Z` : text
    default:
      return text
  }
}

/** What is wrong with a text, as far as a field can tell. */
export function wrongWith(column: Column, text: string, table?: Table): string | undefined {
  const kind = kindOf(column, table)
  if (text === '') return undefined
  if (kind === 'json' || kind === 'list') {
    try {
      const value: unknown = JSON.parse(text)
      return kind === 'list' && !Array.isArray(value) ? t('data.aList') : undefined
    } catch (error) {
      return t('data.noJson', { why: error instanceof Error ? error.message : '' })
    }
  }
  if (kind === 'whole' && !/^[+-]?\d+$/.test(text.trim())) return t('data.wholeNumber')
  if (kind === 'number' && !/^([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(infinity|nan))$/i.test(text.trim())) return t('data.aNumber')
  return undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A number that arithmetic of the browser would round goes as the text it is. */
function plainNumber(text: string): unknown {
  const number = Number(text)
  return text.trim() !== '' && Number.isFinite(number) && String(number) === text.trim() ? number : text
}
