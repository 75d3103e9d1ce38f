// A new rule: begun from what people mostly want, said in PostgreSQL's words, on every engine.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client'
import { Modal } from '../../parts/modal'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import type { Where } from '../../parts/where'
import { ident } from '../data/ddl'
import { type Column, kindOf } from '../data/table'
import { t, type Plain } from '../../words/words'

type Verb = 'select' | 'insert' | 'update' | 'delete' | 'all'

interface Template {
  name: Plain
  about: Plain
  /** Of the policy's own name, which stays whatever language is spoken. */
  slug: string
  verb: Verb
  to: string
  /** Nothing when the table has no column for it. */
  body: (columns: Column[]) => string | undefined
}

const owner = (columns: Column[]) => columns.find((one) => /^(owner|user|author|created_by|profile)(_id)?$/i.test(one.name)) ?? columns.find((one) => /_?(owner|user)_?/i.test(one.name))
/** An id that is kept as a text is compared as one. */
const own = (columns: Column[]) => {
  const found = owner(columns)
  return found && `${ident(found.name)} = auth.uid()${found.type === 'uuid' ? '' : '::text'}`
}
const flag = (columns: Column[]) => (columns.find((one) => kindOf(one) === 'yes' && /public|publish|visible|open|active/i.test(one.name)) ?? columns.find((one) => kindOf(one) === 'yes'))?.name
const wrapped = (text: string | undefined, how: (text: string) => string) => (text ? how(text) : undefined)

const TEMPLATES: Template[] = [
  { name: 'policies.template.everyoneReads', about: 'policies.template.everyoneReads.about', slug: 'everyone_reads_everything', verb: 'select', to: 'anon, authenticated', body: () => 'using (true)' },
  { name: 'policies.template.signedInReads', about: 'policies.template.signedInReads.about', slug: 'whoever_signed_in_reads_everything', verb: 'select', to: 'authenticated', body: () => 'using (true)' },
  { name: 'policies.template.publishedReads', about: 'policies.template.publishedReads.about', slug: 'everyone_reads_what_is_published', verb: 'select', to: 'anon, authenticated', body: (columns) => wrapped(flag(columns), (one) => `using (${ident(one)})`) },
  { name: 'policies.template.ownReads', about: 'policies.template.ownReads.about', slug: 'people_see_their_own_rows', verb: 'select', to: 'authenticated', body: (columns) => wrapped(own(columns), (one) => `using (${one})`) },
  { name: 'policies.template.ownAdds', about: 'policies.template.ownAdds.about', slug: 'people_add_rows_of_their_own', verb: 'insert', to: 'authenticated', body: (columns) => wrapped(own(columns), (one) => `with check (${one})`) },
  { name: 'policies.template.ownChanges', about: 'policies.template.ownChanges.about', slug: 'people_change_their_own_rows', verb: 'update', to: 'authenticated', body: (columns) => wrapped(own(columns), (one) => `using (${one}) with check (${one})`) },
  { name: 'policies.template.ownDeletes', about: 'policies.template.ownDeletes.about', slug: 'people_delete_their_own_rows', verb: 'delete', to: 'authenticated', body: (columns) => wrapped(own(columns), (one) => `using (${one})`) },
  { name: 'policies.template.signedInAll', about: 'policies.template.signedInAll.about', slug: 'whoever_signed_in_does_everything', verb: 'all', to: 'authenticated', body: () => 'using (true) with check (true)' },
]

const VERBS: Verb[] = ['select', 'insert', 'update', 'delete', 'all']

export function NewRule({ table, where, onClose }: { table: string; where: Where; onClose: () => void }) {
  const queries = useQueryClient()
  const mine = useQuery({ queryKey: ['schema:show', where, table, 'shape'], queryFn: () => call('schema:show', { ...where, table }) })
  const roles = useQuery({ queryKey: ['role:list', where], queryFn: () => call('role:list', { ...where }) })
  const columns = mine.data?.columns ?? []
  const [text, setText] = useState('')
  const [verb, setVerb] = useState<Verb>('select')
  const [to, setTo] = useState('authenticated')
  const [grant, setGrant] = useState(true)
  const name = table.split('.').map(ident).join('.')
  const write = (template: Template, body: string) => {
    setVerb(template.verb)
    setTo(template.to)
    setText(`create policy ${template.slug} on ${name}\n  for ${template.verb} to ${template.to}\n  ${body}`)
  }
  const make = useMutation({
    mutationFn: async () => {
      if (grant) for (const role of to.split(',').map((one) => one.trim()).filter(Boolean)) await call('grant:add', { role, table, verbs: verb, ...where }, { consent: 'yes' })
      return call('policy:create', { statement: text, ...where }, { consent: 'yes' })
    },
    onSuccess: () => {
      say({ text: t('policies.theRuleIsInForce') })
      onClose()
    },
    onSettled: () => {
      for (const key of ['policy:list', 'grant:list', 'schema:lint']) void queries.invalidateQueries({ queryKey: [key] })
    },
  })
  const preview = useMutation({ mutationFn: () => call('policy:create', { statement: text, ...where }, { preview: true }) })
  return (
    <Modal title={t('policies.aRuleFor', { table: table.replace(/^public\./, '') })} onClose={onClose} wide>
      <div className="stack">
        <fieldset className="policy-templates">
          <legend>{t('policies.beginWith')}</legend>
          {TEMPLATES.map((one) => {
            const body = one.body(columns)
            return (
              <button key={one.name} type="button" className="policy-template" disabled={!body} onClick={() => body && write(one, body)}>
                <strong>{t(one.name)}</strong>
                <span className="quiet">{body ? t(one.about) : t('policies.noColumnSays')}</span>
              </button>
            )
          })}
        </fieldset>
        <label className="field">
          <span>{t('policies.theRuleInPostgreSQLsWords')}</span>
          <textarea
            className="mono"
            rows={5}
            spellCheck={false}
            value={text}
            placeholder={`create policy name on ${name}\n  for select to authenticated\n  using (…)`}
            onChange={(event) => {
              setText(event.target.value)
              preview.reset()
            }}
          />
        </label>
        <div className="row">
          <label className="check">
            <input type="checkbox" checked={grant} onChange={(event) => setGrant(event.target.checked)} />
            {t('policies.alsoGrant')}
          </label>
          <select className="input where" aria-label={t('policies.whatIsGranted')} value={verb} disabled={!grant} onChange={(event) => setVerb(event.target.value as Verb)}>
            {VERBS.map((one) => (
              <option key={one} translate="no">{one}</option>
            ))}
          </select>
          <span>{t('policies.to')}</span>
          <input className="input where mono" aria-label={t('policies.toWhomItIsGranted')} list="roles" value={to} disabled={!grant} onChange={(event) => setTo(event.target.value)} />
          <datalist id="roles">
            {roles.data?.roles.map((one) => (
              <option key={one.name} value={one.name} />
            ))}
          </datalist>
          <span className="quiet">{t('policies.withoutWhichNoRuleOpens')}</span>
        </div>
        {(make.isError || preview.isError) && <Trouble error={make.error ?? preview.error} />}
        {preview.isSuccess && (
          <p role="status">
            <span className="badge" data-kind="well">
              {t('policies.itCanBeRead')}
            </span>{' '}
            {t('policies.nothingIsInForceYet')}
          </p>
        )}
        <div className="row">
          <button type="button" className="button" data-kind="main" disabled={!text.trim() || make.isPending} onClick={() => make.mutate()}>
            {t('policies.bringItIntoForce')}
          </button>
          <button type="button" className="button" disabled={!text.trim() || preview.isPending} onClick={() => preview.mutate()}>
            {t('policies.check')}
          </button>
        </div>
      </div>
    </Modal>
  )
}
