// The command palette: every room, table, setting and operation of the board, by name. An operation
// opens with a form made from its schema.

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useId, useMemo, useRef, useState } from 'react'
import { call } from '../api/client'
import { type OperationSpec, readOperations } from '../api/operation-list'
import { may } from '../api/session'
import { Modal } from '../parts/modal'
import { rank } from '../parts/rank'
import { t } from '../words/words'
import { ROOMS } from './places'
import { useSession } from './session-place'

const OperationForm = lazy(() => import('../parts/operation-form'))

export function openPalette(words = '') {
  window.dispatchEvent(new CustomEvent('palette', { detail: words }))
}

/** Tables of every source that answers. */
async function readTables() {
  const { sources } = await call('source:list')
  const found = await Promise.allSettled(
    sources.map(async (one) => {
      const where = { project: one.project, source: one.source }
      const shown = await call('schema:show', where)
      return (shown.tables ?? []).map((table) => ({ ...where, schema: table.schema, name: table.name, alone: sources.length === 1 }))
    }),
  )
  return found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
}

type Entry = { key: string; name: string; about: string; go: () => void; /** What the board says of it, in its own words. */ board?: 'name' | 'summary' }

export function Palette() {
  const session = useSession()
  const navigate = useNavigate()
  const [open, setOpen] = useState(false)
  const [words, setWords] = useState('')
  const [at, setAt] = useState(0)
  const [chosen, setChosen] = useState<OperationSpec>()
  const list = useRef<HTMLUListElement>(null)
  const id = useId()
  const operations = useQuery({ queryKey: ['operations'], queryFn: readOperations, enabled: open })
  const settings = useQuery({ queryKey: ['config:show'], queryFn: () => call('config:show', { origin: true, changed: false }), enabled: open && may(session, 'config.read') })
  const tables = useQuery({ queryKey: ['tables of all sources'], queryFn: readTables, enabled: open, retry: false })

  useEffect(() => {
    const show = (event: Event) => {
      setWords((event as CustomEvent<string>).detail ?? '')
      setAt(0)
      setChosen(undefined)
      setOpen(true)
    }
    const key = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        openPalette()
      }
    }
    window.addEventListener('palette', show)
    window.addEventListener('keydown', key)
    return () => {
      window.removeEventListener('palette', show)
      window.removeEventListener('keydown', key)
    }
  }, [])

  const entries = useMemo<Entry[]>(() => {
    const rooms = ROOMS.map((room) => ({
      key: room.to,
      name: t(room.name),
      about: t(room.about),
      go: () => {
        setOpen(false)
        void navigate({ to: room.to })
      },
    }))
    const places = (tables.data ?? []).map((one) => ({
      key: `${one.project}/${one.source}/${one.schema}.${one.name}`,
      board: 'name' as const,
      name: one.schema === 'public' ? one.name : `${one.schema}.${one.name}`,
      about: t('frame.aTableOf', { place: `${one.project}/${one.source}` }),
      go: () => {
        setOpen(false)
        void navigate({ to: '/data/$schema/$table', params: { schema: one.schema, table: one.name }, search: (one.alone ? {} : { project: one.project, source: one.source }) as never })
      },
    }))
    const known = (settings.data?.settings ?? []).map((one) => ({
      key: `setting ${one.name}`,
      board: 'name' as const,
      name: one.name,
      about: t('frame.aSetting', { about: one.about }),
      go: () => {
        setOpen(false)
        void navigate({ to: '/settings', search: { find: one.name } as never })
      },
    }))
    const verbs = (operations.data ?? [])
      .filter((one) => may(session, one.permission))
      .map((one) => ({ key: one.name, name: one.name, board: 'summary' as const, about: one.summary, go: () => setChosen(one) }))
    // Settings are many, and come up only when somebody looks for one.
    return rank([...rooms, ...places, ...verbs, ...(words.trim() ? known : [])], words, (entry) => `${entry.name} ${entry.about}`).slice(0, 50)
  }, [operations.data, tables.data, settings.data, session, words, navigate])

  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: 'nearest' })
  }, [at])

  if (!open) return null
  const close = () => setOpen(false)
  if (chosen) {
    return (
      <Modal title={chosen.name} onClose={close} wide named>
        <Suspense fallback={<p className="quiet">…</p>}>
          <OperationForm spec={chosen} />
        </Suspense>
      </Modal>
    )
  }
  return (
    <Modal title={t('frame.findOrDoAnything')} onClose={close} bare>
      <input
        className="palette-words"
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={entries[at] ? `${id}-${at}` : undefined}
        aria-label={t('frame.findOrDoAnything')}
        placeholder={t('frame.aRoomATableAn')}
        autoFocus
        value={words}
        onChange={(event) => {
          setWords(event.target.value)
          setAt(0)
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setAt((n) => Math.min(n + 1, entries.length - 1))
          else if (event.key === 'ArrowUp') setAt((n) => Math.max(n - 1, 0))
          else if (event.key === 'Enter') entries[at]?.go()
          else return
          event.preventDefault()
        }}
      />
      <ul id={id} role="listbox" aria-label={t('frame.found')} ref={list} className="palette-list">
        {entries.map((entry, n) => (
          <li
            key={entry.key}
            id={`${id}-${n}`}
            role="option"
            aria-selected={n === at}
            onClick={entry.go}
            onPointerMove={() => setAt(n)}
          >
            <span translate={entry.board ? 'no' : undefined} className={/[:.]/.test(entry.name) ? 'mono' : undefined}>{entry.name}</span>
            <span className="quiet" lang={entry.board === 'summary' ? 'en' : undefined}>{entry.about}</span>
          </li>
        ))}
        {entries.length === 0 && <li className="quiet">{t('frame.nothingIsCalledSo')}</li>}
      </ul>
    </Modal>
  )
}
