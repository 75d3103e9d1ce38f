// A change of the structure, shown as the migration that it is: what it says, what it would destroy,
// what is worth knowing, and a rehearsal, before anything happens.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { call, Problem } from '../../api/client'
import { Modal } from '../../parts/modal'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
import type { Where } from '../../parts/where'
import { t, T } from '../../words/words'
import type { Change } from './ddl'

interface ChangeSheetProps {
  change: Change
  where: Where
  onClose: () => void
  onDone: () => void
}

/** Somebody who writes is not checked at each letter. */
const REST_MS = 500
const RULES_ARE_KEPT = 'MF5005'

export function MigrationSheet({ change, where, onClose, onDone }: ChangeSheetProps) {
  const queries = useQueryClient()
  const [name, setName] = useState(change.name)
  const [up, setUp] = useState(change.up)
  const [down, setDown] = useState(change.down)
  const [given, setGiven] = useState<Record<string, boolean>>({})
  const [settled, setSettled] = useState(change.up)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(up), REST_MS)
    return () => clearTimeout(timer)
  }, [up])

  // Read for what it would do, and then done and taken back: what the database refuses is told now.
  const check = useQuery({
    queryKey: ['migration', where, settled],
    gcTime: 0,
    retry: false,
    queryFn: async () => {
      const read = await call('migrate:new', { ...where, name: 'a rehearsal', up: settled }, { preview: true })
      try {
        await call('sql:run', { ...where, sql: settled, write: true, script: true }, { preview: true })
      } catch (error) {
        // Rules that are kept beside the engine are no SQL of its own: the migration brings them.
        if (!(error instanceof Problem && error.code === RULES_ARE_KEPT)) throw error
        return { ...read, rehearsed: false }
      }
      return { ...read, rehearsed: true }
    },
  })
  const waiting = useQuery({ queryKey: ['migrate:status', where], queryFn: () => call('migrate:status', { ...where }), gcTime: 0 })
  const dangers = check.data?.dangers ?? []
  const warnings = check.data?.warnings ?? []
  const missing = dangers.filter((one) => !given[one.consent])
  const apply = useMutation({
    mutationFn: async () => {
      const yes = dangers.filter((one) => given[one.consent]).map((one) => one.consent)
      // As it was proposed: the board does it at once, and looks again at what is there by then.
      if (change.run && up === change.up && down === change.down) return change.run(name, yes)
      const made = await call('migrate:new', { ...where, name, up, down }, { consent: 'yes' })
      const version = made.migration.split('_')[0] ?? made.migration
      return call('migrate:up', { ...where, to: version, consent: yes }, { consent: dangers.length > 0 ? 'destroy' : 'yes' })
    },
    onSuccess: () => {
      say({ text: t('data.migrationDone', { name }) })
      for (const key of ['schema:show', 'catalog', 'policy:list', 'grant:list', 'schema:lint', 'migrate:status']) void queries.invalidateQueries({ queryKey: [key] })
      onDone()
    },
  })
  const others = waiting.data?.waiting ?? 0
  return (
    <Modal title={t('data.aMigration')} onClose={onClose} wide>
      <div className="stack">
        <label className="field">
          <span>{t('data.whatItDoes')}</span>
          <input value={name} onChange={(event) => setName(event.target.value)} autoComplete="off" />
        </label>
        <div className="migration-texts">
          <label className="field">
            <span>{t('data.up')}</span>
            <textarea className="mono" rows={8} spellCheck={false} value={up} onChange={(event) => setUp(event.target.value)} />
          </label>
          <label className="field">
            <span>{t('data.down')}</span>
            <textarea className="mono" rows={8} spellCheck={false} value={down} onChange={(event) => setDown(event.target.value)} />
          </label>
        </div>
        <section aria-label={t('data.whatTheCheckSays')} aria-live="polite" className="stack">
          {(check.isFetching || settled !== up) && <Waiting what={t('data.readingWhatItWouldDo')} />}
          {check.isError && !check.isFetching && <Trouble error={check.error} />}
          {check.isSuccess && settled === up && (
            <>
              <p>
                <span className="badge" data-kind="well">
                  {check.data.rehearsed ? t('data.rehearsed') : t('data.read')}
                </span>{' '}
                {check.data.rehearsed ? t('data.databaseTakesIt') : t('data.canBeRead')}
              </p>
              {dangers.map((one) => (
                <label key={one.consent} className="danger">
                  <input type="checkbox" checked={given[one.consent] ?? false} onChange={(event) => setGiven((before) => ({ ...before, [one.consent]: event.target.checked }))} />
                  <span>
                    <strong lang="en">{one.why}</strong> <T word="all.yesTo" with={{ what: <code>{one.consent}</code> }} />
                  </span>
                </label>
              ))}
              {warnings.map((one, n) => (
                <p key={n} className="warning">
                  <span className="badge" data-kind="warn">
                    <span translate="no">{one.object}</span>
                  </span>{' '}
                  <span lang="en">{one.why}</span> {one.instead && <span className="quiet" lang="en">{one.instead}</span>}
                </p>
              ))}
            </>
          )}
          {others > 0 && (
            <p className="warning">
              {t('data.othersWait', { count: others })}
            </p>
          )}
          {waiting.data?.trouble && <Trouble error={new Error(waiting.data.trouble)} />}
        </section>
        {apply.isError && <Trouble error={apply.error} />}
        <div className="row">
          <button
            type="button"
            className="button"
            data-kind={dangers.length > 0 ? 'bad' : 'main'}
            disabled={!check.isSuccess || settled !== up || missing.length > 0 || apply.isPending || !name.trim()}
            onClick={() => apply.mutate()}
          >
            {t('data.apply')}
          </button>
          <button type="button" className="button" onClick={onClose}>
            {t('data.notNow')}
          </button>
        </div>
      </div>
    </Modal>
  )
}
