// A file of rows, read in the browser: CSV with whatever separates it, a JSON list, or JSON by lines.

import { t } from '../../words/words'

export interface FileRows {
  columns: string[]
  rows: Record<string, unknown>[]
  kind: 'CSV' | 'JSON' | 'lines'
}

/** Above that a script does better; the browser would hold all of it at once. */
export const BYTES_MAX = 50 * 1024 * 1024

export function readRows(name: string, text: string): FileRows {
  const begin = text.trimStart()
  if (begin.startsWith('[')) return objects(JSON.parse(text) as unknown[], 'JSON')
  if (begin.startsWith('{')) {
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    return objects(lines.map((line, n) => lineOf(line, n)), 'lines')
  }
  return csv(text, /\.tsv$/i.test(name) ? '\t' : undefined)
}

function lineOf(line: string, n: number): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new Error(t('data.lineNoJson', { line: n + 1 }))
  }
}

function objects(all: unknown[], kind: FileRows['kind']): FileRows {
  const columns = new Set<string>()
  for (const [n, one] of all.entries()) {
    if (typeof one !== 'object' || one === null || Array.isArray(one)) throw new Error(t('data.entryNoObject', { entry: n + 1 }))
    for (const name of Object.keys(one)) columns.add(name)
  }
  return { columns: [...columns], rows: all as Record<string, unknown>[], kind }
}

function csv(text: string, given?: string): FileRows {
  const separator = given ?? separatorOf(text)
  const lines = split(text.replace(/^\uFEFF/, ''), separator)
  const [head, ...body] = lines
  if (!head) throw new Error(t('data.fileEmpty'))
  const columns = head.map((one, n) => one.trim() || `column ${n + 1}`)
  const rows = body
    .filter((line) => line.length > 1 || line[0] !== '')
    .map((line) => Object.fromEntries(columns.map((name, n) => [name, line[n] ?? ''])))
  return { columns, rows, kind: 'CSV' }
}

/** Of those that people use, the one that the first line has most of. */
function separatorOf(text: string): string {
  const first = text.slice(0, text.search(/\r?\n|$/))
  return [',', ';', '\t', '|'].map((one) => [one, first.split(one).length] as const).sort((a, b) => b[1] - a[1])[0]?.[0] ?? ','
}

function split(text: string, separator: string): string[][] {
  const lines: string[][] = []
  let line: string[] = []
  let cell = ''
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]
    if (quoted) {
      if (letter === '"' && text[at + 1] === '"') {
        cell += '"'
        at++
      } else if (letter === '"') quoted = false
      else cell += letter
    } else if (letter === '"' && cell === '') quoted = true
    else if (letter === separator) {
      line.push(cell)
      cell = ''
    } else if (letter === '\n' || letter === '\r') {
      if (letter === '\r' && text[at + 1] === '\n') at++
      lines.push([...line, cell])
      line = []
      cell = ''
    } else cell += letter
  }
  if (quoted) throw new Error(t('data.quoteOpen'))
  if (cell !== '' || line.length > 0) lines.push([...line, cell])
  return lines
}
