// Conditions on rows: put together from column, comparison and value, or written as one line.

import { type FormEvent, useState } from 'react'
import { kindOf, quoted, type Table } from './table'

const WORDS: { sign: string; name: string; kinds?: string; value: boolean }[] = [
  { sign: '=', name: 'is', value: true },
  { sign: '<>', name: 'is not', value: true },
  { sign: '>', name: 'more than', kinds: 'whole number date moment time text', value: true },
  { sign: '>=', name: 'at least', kinds: 'whole number date moment time text', value: true },
  { sign: '<', name: 'less than', kinds: 'whole number date moment time text', value: true },
  { sign: '<=', name: 'at most', kinds: 'whole number date moment time text', value: true },
  { sign: 'ilike', name: 'has in it', kinds: 'text choice', value: true },
  { sign: 'in', name: 'is one of', value: true },
  { sign: 'contains', name: 'contains', kinds: 'json list', value: true },
  { sign: 'is null', name: 'is null', value: false },
  { sign: 'is not null', name: 'is not null', value: false },
]

interface FilterProps {
  table: Table
  conditions: string[]
  onChange: (conditions: string[]) => void
}

export function Filter({ table, conditions, onChange }: FilterProps) {
  const [name, setName] = useState(table.columns[0]?.name ?? '')
  const [sign, setSign] = useState('=')
  const [text, setText] = useState('')
  const column = table.columns.find((one) => one.name === name)
  const kind = column ? kindOf(column, table) : 'text'
  const words = WORDS.filter((one) => !one.kinds || one.kinds.split(' ').includes(kind))
  const word = words.find((one) => one.sign === sign) ?? words[0]
  const send = (event: FormEvent) => {
    event.preventDefault()
    if (!column || !word) return
    const value = word.sign === 'ilike' ? `%${text}%` : text
    const condition = word.value ? `${quoted(column.name)} ${word.sign} ${value}` : `${quoted(column.name)} ${word.sign}`
    if (!conditions.includes(condition)) onChange([...conditions, condition])
    setText('')
  }
  return (
    <form className="data-filter" onSubmit={send} aria-label="Conditions">
      {conditions.map((one) => (
        <button key={one} type="button" className="chip-condition" aria-label={`Without ${one}`} onClick={() => onChange(conditions.filter((other) => other !== one))}>
          <bdi>{one}</bdi> <span aria-hidden="true">✕</span>
        </button>
      ))}
      <span className="data-condition">
        <select className="input" aria-label="Column" value={name} onChange={(event) => setName(event.target.value)}>
          {table.columns.map((one) => (
            <option key={one.name}>{one.name}</option>
          ))}
        </select>
        <select className="input" aria-label="Comparison" value={word?.sign} onChange={(event) => setSign(event.target.value)}>
          {words.map((one) => (
            <option key={one.sign} value={one.sign}>
              {one.name}
            </option>
          ))}
        </select>
        {word?.value && (
          <input
            className="input"
            aria-label="Value"
            placeholder={word.sign === 'in' ? '1, 2, 3' : 'value'}
            spellCheck={false}
            autoComplete="off"
            list={table.choices.has(name) ? 'filter-choices' : undefined}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
        {table.choices.has(name) && (
          <datalist id="filter-choices">
            {table.choices.get(name)?.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        )}
        <button type="submit" className="button">
          Filter
        </button>
      </span>
    </form>
  )
}
