// Statements that are kept with the board, for the one who saved them or for all of the project.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { call, type Output } from '../../api/client'
import { Menu } from '../../parts/menu'
import { Modal } from '../../parts/modal'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { t } from '../../words/words'
import { forgetSavedHere, savedHere } from './kept'

type Query = Output<'query:list'>['queries'][number]

/** What an earlier screen has kept in this browser comes to the board. */
async function bringHome(project?: string) {
  for (const one of savedHere()) {
    await call('query:save', { name: one.name, sql: one.text, project }, { consent: 'yes' })
    forgetSavedHere(one.name)
  }
}

export function Saved({ project, onOpen }: { project?: string; onOpen: (sql: string, name: string) => void }) {
  const queries = useQueryClient()
  const again = () => queries.invalidateQueries({ queryKey: ['query:list'] })
  const saved = useQuery({ queryKey: ['query:list', project], queryFn: () => call('query:list', { project }) })
  const bring = useMutation({ mutationFn: () => bringHome(project), onSettled: again })
  const { mutate } = bring
  useEffect(() => {
    if (savedHere().length > 0) mutate()
  }, [mutate])
  const forget = useMutation({
    mutationFn: (one: Query) => call('query:delete', { name: one.name, project: one.project, shared: one.shared }, { consent: 'yes' }),
    onSuccess: (gone) => {
      const undo = async () => {
        await call('query:save', { name: gone.name, sql: gone.sql, project: gone.project, shared: gone.shared }, { consent: 'yes' })
        await again()
      }
      say({ text: t('query.forgotten', { name: gone.name }), undo: () => void undo() })
      void again()
    },
    onError: (error) => say({ text: error.message, kind: 'bad' }),
  })
  const all = saved.data?.queries ?? []
  return (
    <Menu label={t('query.saved')}>
      {saved.isError && <Trouble error={saved.error} />}
      {bring.isError && <Trouble error={bring.error} />}
      {saved.isSuccess && all.length === 0 && <p className="quiet menu-note">{t('query.nothingIsSavedYet')}</p>}
      {all.map((one) => (
        <span key={`${one.shared} ${one.name}`} className="query-past">
          <button type="button" className="menu-entry" onClick={() => onOpen(one.sql, one.name)}>
            <bdi>{one.name}</bdi>
            {one.shared && <span className="quiet"> {one.mine ? t('query.shared') : t('query.sharedBy', { name: one.by })}</span>}
          </button>
          {one.mine && (
            <button type="button" className="button" data-kind="quiet" aria-label={t('query.forget', { name: one.name })} onClick={() => forget.mutate(one)}>
              ✕
            </button>
          )}
        </span>
      ))}
    </Menu>
  )
}

interface SaveSheetProps {
  name: string
  sql: string
  project?: string
  onClose: () => void
  onSaved: (name: string) => void
}

export function SaveSheet({ name: begins, sql, project, onClose, onSaved }: SaveSheetProps) {
  const queries = useQueryClient()
  const [name, setName] = useState(begins)
  const [shared, setShared] = useState(false)
  const save = useMutation({
    mutationFn: () => call('query:save', { name, sql, project, shared }, { consent: 'yes' }),
    onSuccess: (kept) => {
      say({ text: t('query.savedAs', { name: kept.name }) })
      void queries.invalidateQueries({ queryKey: ['query:list'] })
      onSaved(kept.name)
    },
  })
  return (
    <Modal title={t('query.saveTheQuery')} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <label className="field">
          <span>{t('all.name')}</span>
          <input autoFocus required maxLength={120} value={name} onChange={(event) => setName(event.target.value)} />
        </label>
        <label className="check">
          <input type="checkbox" checked={shared} onChange={(event) => setShared(event.target.checked)} />
          {t('query.shareIt')}
        </label>
        {save.isError && <Trouble error={save.error} />}
        <div className="row">
          <button type="submit" className="button" data-kind="main" disabled={!name.trim() || save.isPending}>
            {t('all.save')}
          </button>
        </div>
      </form>
    </Modal>
  )
}
