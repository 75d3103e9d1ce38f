// Fields for the JSON Schema of an operation's input, and their values back.

import { useId } from 'react'
import { t } from '../words/words'

export interface Schema {
  type?: string | string[]
  properties?: Record<string, Schema>
  required?: string[]
  description?: string
  default?: unknown
  enum?: unknown[]
  const?: unknown
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  $ref?: string
  $defs?: Record<string, Schema>
  format?: string
  minimum?: number
}

function resolved(schema: Schema, defs: Record<string, Schema>): Schema {
  if (schema.$ref) {
    const name = schema.$ref.split('/').pop() ?? ''
    return { ...resolved(defs[name] ?? {}, defs), description: schema.description ?? defs[name]?.description }
  }
  const some = schema.anyOf?.filter((one) => one.type !== 'null')
  if (some?.length === 1 && some[0]) {
    return { ...resolved(some[0], defs), description: schema.description ?? some[0].description }
  }
  return schema
}

type Kind = 'yes' | 'number' | 'choice' | 'list' | 'json' | 'text'

function choices(schema: Schema): string[] | undefined {
  if (schema.enum) return schema.enum.filter((one) => one !== null).map(String)
  const all = schema.oneOf?.map((one) => one.const ?? one.enum?.[0])
  return all?.every((one) => typeof one === 'string') ? (all as string[]) : undefined
}

function kindOf(schema: Schema): Kind {
  const types = ([] as string[]).concat(schema.type ?? [])
  if (choices(schema)) return 'choice'
  if (types.includes('boolean')) return 'yes'
  if (types.includes('integer') || types.includes('number')) return 'number'
  if (types.includes('array') && ([] as string[]).concat(schema.items?.type ?? []).includes('string')) return 'list'
  if (types.includes('string')) return 'text'
  return 'json'
}

export function SchemaFields({ schema, without = [] }: { schema: Schema; without?: string[] }) {
  const defs = schema.$defs ?? {}
  const all = Object.entries(schema.properties ?? {}).filter(([name]) => !without.includes(name))
  if (all.length === 0) return <p className="quiet">{t('parts.itNeedsNothingMore')}</p>
  return (
    <div className="stack">
      {all.map(([name, given]) => (
        <One key={name} name={name} schema={resolved(given, defs)} required={schema.required?.includes(name) ?? false} />
      ))}
    </div>
  )
}

function One({ name, schema, required }: { name: string; schema: Schema; required: boolean }) {
  const id = useId()
  const kind = kindOf(schema)
  const start = schema.default === undefined || schema.default === null ? '' : schema.default
  const shared = { id, name, required, 'aria-describedby': schema.description ? `${id}-hint` : undefined }
  const hint = schema.description && (
    <p id={`${id}-hint`} className="field-hint" lang="en">
      {schema.description}
    </p>
  )
  if (kind === 'yes') {
    return (
      <div className="field">
        <label className="check">
          <input type="checkbox" {...shared} required={false} defaultChecked={start === true} /> <span translate="no">{name}</span>
        </label>
        {hint}
      </div>
    )
  }
  return (
    <div className="field">
      <label htmlFor={id}>
        <span translate="no">{name}</span>
        {!required && <span className="quiet"> {t('parts.mayBeLeftOut')}</span>}
      </label>
      {kind === 'choice' ? (
        <select {...shared} defaultValue={String(start)}>
          {!required && <option value="" />}
          {choices(schema)?.map((one) => (
            <option key={one} translate="no">{one}</option>
          ))}
        </select>
      ) : kind === 'number' ? (
        <input type="number" step="any" {...shared} defaultValue={String(start)} min={schema.minimum} />
      ) : kind === 'text' ? (
        <input {...shared} type={schema.format === 'password' ? 'password' : 'text'} defaultValue={String(start)} autoComplete={schema.format === 'password' ? 'new-password' : 'off'} spellCheck={false} />
      ) : (
        <textarea
          {...shared}
          rows={kind === 'json' ? 5 : 2}
          spellCheck={false}
          className="mono"
          defaultValue={kind === 'json' && start !== '' ? JSON.stringify(start, null, 2) : Array.isArray(start) ? start.join('\n') : ''}
          placeholder={kind === 'list' ? t('parts.oneALine') : 'JSON'}
        />
      )}
      {hint}
    </div>
  )
}

/** What stands in the form, typed as its schema says. Empty fields are left out. */
export function valuesOf(form: HTMLFormElement, schema: Schema): Record<string, unknown> {
  const data = new FormData(form)
  const defs = schema.$defs ?? {}
  const values: Record<string, unknown> = {}
  for (const [name, given] of Object.entries(schema.properties ?? {})) {
    const kind = kindOf(resolved(given, defs))
    const text = data.get(name)
    if (kind === 'yes') {
      if (text !== null) values[name] = true
      continue
    }
    if (typeof text !== 'string' || text.trim() === '') continue
    values[name] =
      kind === 'number' ? Number(text) : kind === 'list' ? text.split('\n').filter(Boolean) : kind === 'json' ? parsed(text) : text
  }
  return values
}

/** What is no JSON is sent as the text it is: the board says what is wrong with it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
