// Sources, schemas and tables of every engine in one tree.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { call, type Output } from '../../api/client'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
import { isHere, useSources, type Where } from '../../parts/where'
import { t, known } from '../../words/words'

type Source = Output<'source:list'>['sources'][number]

interface TreeProps {
  here?: { schema: string; table: string }
  where: Where
  /** Begins a new table in a source; absent for those who may not. */
  onNew?: (source: Source) => void
}

export function Tree({ here, where, onNew }: TreeProps) {
  const sources = useSources()
  const [words, setWords] = useState('')
  const all = sources.data?.sources ?? []
  const current = all.find((one) => isHere(one, where))
  return (
    <aside className="data-tree" aria-label={t('all.tables')} data-open={here ? undefined : true}>
      <input className="input" type="search" aria-label={t('data.findATable')} placeholder={t('data.findATable')} value={words} onChange={(event) => setWords(event.target.value)} />
      {sources.isPending && <Waiting what={t('data.readingTheSources')} />}
      {sources.isError && <Trouble error={sources.error} again={() => sources.refetch()} />}
      {all.map((one) => (
        <Branch
          key={`${one.project}/${one.source}`}
          source={one}
          // The default source is meant when nobody says which: its addresses stay short.
          where={all.length === 1 ? {} : { project: one.project, source: one.source }}
          open={one === current}
          here={one === current ? here : undefined}
          words={words.toLowerCase()}
          onNew={onNew && one.writable ? () => onNew(one) : undefined}
        />
      ))}
    </aside>
  )
}

interface BranchProps {
  source: Source
  where: Where
  open: boolean
  here?: { schema: string; table: string }
  words: string
  onNew?: () => void
}

function Branch({ source, where, open: begins, here, words, onNew }: BranchProps) {
  const [own, setOwn] = useState<boolean>()
  const open = own ?? (begins || words !== '')
  const tables = useQuery({ queryKey: ['schema:show', where], queryFn: () => call('schema:show', { ...where }), enabled: open })
  const shown = tables.data?.tables?.filter((one) => `${one.schema}.${one.name}`.toLowerCase().includes(words)) ?? []
  const schemas = [...new Set(shown.map((one) => one.schema))].sort((a, b) => Number(b === 'public') - Number(a === 'public') || a.localeCompare(b))
  return (
    <section className="tree-source" data-named aria-label={`${source.project}/${source.source}`}>
      <div className="tree-head">
        <button type="button" className="tree-toggle" aria-expanded={open} onClick={() => setOwn(!open)}>
          <span aria-hidden="true" className="tree-sign">
            {open ? '▾' : '▸'}
          </span>
          <span className="tree-name" translate="no">{source.project === source.source ? source.project : `${source.project}/${source.source}`}</span>
          <span className="tree-engine" translate="no">{source.engine}</span>
        </button>
        {onNew && (
          <button type="button" className="tree-new" aria-label={t('data.newTableIn', { place: `${source.project}/${source.source}` })} title={t('data.aNewTable')} onClick={onNew}>
            +
          </button>
        )}
      </div>
      {open && tables.isPending && <Waiting what={t('data.readingTheTables')} />}
      {open && tables.isError && <Trouble error={tables.error} again={() => tables.refetch()} />}
      {open && tables.data && shown.length === 0 && <p className="quiet tree-empty">{words ? t('data.noneIsCalledSo') : t('all.noTableYet')}</p>}
      {open &&
        schemas.map((schema) => (
          <div key={schema}>
            {schemas.length > 1 && <p className="tree-schema" translate="no">{schema}</p>}
            <ul>
              {shown
                .filter((one) => one.schema === schema)
                .map((one) => (
                  <li key={one.name}>
                    <Link
                      to="/data/$schema/$table"
                      params={{ schema: one.schema, table: one.name }}
                      search={where as never}
                      aria-current={here && one.schema === here.schema && one.name === here.table ? 'page' : undefined}
                    >
                      <bdi>{one.name}</bdi>
                      {one.kind !== 'table' && <span className="badge">{known(one.kind)}</span>}
                    </Link>
                  </li>
                ))}
            </ul>
          </div>
        ))}
    </section>
  )
}
