// Conditions on rows: put together from column, comparison and value, or written as one line.

import { type FormEvent, useState } from 'react'
import { t, type Plain } from '../../words/words'
import { kindOf, quoted, type Table } from './table'

const WORDS: { sign: string; name: Plain; kinds?: string; value: boolean }[] = [
  { sign: '=', name: 'filter.is', value: true },
  { sign: '<>', name: 'filter.isNot', value: true },
  { sign: '>', name: 'filter.moreThan', kinds: 'whole number date moment time text', value: true },
  { sign: '>=', name: 'filter.atLeast', kinds: 'whole number date moment time text', value: true },
  { sign: '<', name: 'filter.lessThan', kinds: 'whole number date moment time text', value: true },
  { sign: '<=', name: 'filter.atMost', kinds: 'whole number date moment time text', value: true },
  { sign: 'ilike', name: 'filter.has', kinds: 'text choice', value: true },
  { sign: 'in', name: 'filter.oneOf', value: true },
  { sign: 'contains', name: 'filter.contains', kinds: 'json list', value: true },
  { sign: 'is null', name: 'filter.isNull', value: false },
  { sign: 'is not null', name: 'filter.isNotNull', value: false },
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
    <form className="data-filter" onSubmit={send} aria-label={t('data.conditions')}>
      {conditions.map((one) => (
        <button key={one} type="button" className="chip-condition" aria-label={t('data.without', { column: one })} onClick={() => onChange(conditions.filter((other) => other !== one))}>
          <bdi>{one}</bdi> <span aria-hidden="true">✕</span>
        </button>
      ))}
      <span className="data-condition">
        <select className="input" aria-label={t('all.column')} value={name} onChange={(event) => setName(event.target.value)}>
          {table.columns.map((one) => (
            <option key={one.name} translate="no">{one.name}</option>
          ))}
        </select>
        <select className="input" aria-label={t('data.comparison')} value={word?.sign} onChange={(event) => setSign(event.target.value)}>
          {words.map((one) => (
            <option key={one.sign} value={one.sign}>
              {t(one.name)}
            </option>
          ))}
        </select>
        {word?.value && (
          <input
            className="input"
            aria-label={t('data.value')}
            placeholder={word.sign === 'in' ? '1, 2, 3' : t('filter.value')}
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
          {t('data.filter')}
        </button>
      </span>
    </form>
  )
}
