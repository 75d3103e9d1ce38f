// Rows of every source: a tree of tables, and the table that is looked at.

import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { Output } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { isHere, useSources, useWhere } from '../../parts/where'
import { t } from '../../words/words'
import './data.css'
import { NewTable } from './new-table'
import { TableView } from './table-view'
import { Tree } from './tree'

type Source = Output<'source:list'>['sources'][number]

export function DataScreen() {
  const { schema, table } = useParams({ strict: false }) as { schema?: string; table?: string }
  const [where] = useWhere()
  const sources = useSources()
  const navigate = useNavigate()
  const may = useMay('migrate:up')
  const [making, setMaking] = useState<Source>()
  const source = sources.data?.sources.find((one) => isHere(one, where))
  const whereOf = (one: Source) => ((sources.data?.sources.length ?? 0) > 1 ? { project: one.project, source: one.source } : {})
  return (
    <div className="data">
      <Tree here={schema && table ? { schema, table } : undefined} where={where} onNew={may ? setMaking : undefined} />
      {schema && table ? (
        <TableView key={`${where.project}/${where.source}/${schema}.${table}`} at={{ ...where, table: `${schema}.${table}` }} writable={source?.writable ?? true} />
      ) : (
        <section className="empty">
          <h1>{t('data.data')}</h1>
          <p>{may ? t('data.chooseOrMake') : t('data.choose')}</p>
          {may && source?.writable && (
            <button type="button" className="button" data-kind="main" onClick={() => setMaking(source)}>
              {t('data.newTable')}
            </button>
          )}
        </section>
      )}
      {making && (
        <NewTable
          engine={making.engine}
          where={whereOf(making)}
          onClose={() => setMaking(undefined)}
          onMade={(into, name) => {
            setMaking(undefined)
            void navigate({ to: '/data/$schema/$table', params: { schema: into, table: name }, search: whereOf(making) as never })
          }}
        />
      )}
    </div>
  )
}
