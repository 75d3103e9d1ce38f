// What is known of a column, and what its values are like.

import { useMutation } from '@tanstack/react-query'
import { call } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { Cell } from '../../parts/cell'
import { Modal } from '../../parts/modal'
import { Trouble } from '../../parts/trouble'
import { t, number } from '../../words/words'
import { ident, tableName } from './ddl'
import { type Column, kindOf, type Table } from './table'

interface FactsSheetProps {
  table: Table
  column: Column
  onClose: () => void
  onOrder: (order: string | undefined) => void
}

export function FactsSheet({ table, column, onClose, onOrder }: FactsSheetProps) {
  const may = useMay('sql:run')
  const kind = kindOf(column, table)
  const ordered = !['json', 'list', 'bytes', 'yes'].includes(kind)
  const count = useMutation({
    mutationFn: async () => {
      const [schema, ...rest] = table.at.table.split('.')
      const name = tableName(schema ?? '', rest.join('.'))
      const own = ident(column.name)
      const asText = kind === 'json' && table.engine === 'postgres' ? `${own}::text` : own
      const sql = `select count(*) as rows, count(${own}) as given, count(distinct ${asText}) as different${ordered ? `, min(${own}) as least, max(${own}) as most` : ''} from ${name}`
      const common = `select ${asText} as value, count(*) as times from ${name} where ${own} is not null group by 1 order by 2 desc limit 5`
      const at = { project: table.at.project, source: table.at.source }
      const [numbers, values] = await Promise.all([call('sql:run', { ...at, sql }), call('sql:run', { ...at, sql: common })])
      const names = numbers.answers[0]?.columns.map((one) => one.name) ?? []
      const row = (numbers.answers[0]?.rows?.[0] ?? []) as unknown[]
      return { numbers: names.map((one, n) => [one, row[n]] as const), values: (values.answers[0]?.rows ?? []) as [unknown, unknown][] }
    },
  })
  return (
    <Modal title={column.name} onClose={onClose} named>
      <div className="stack">
        <dl className="facts">
          <Fact name={t('all.type')}>
            <span className="mono">{column.type}</span>
          </Fact>
          <Fact name={t('data.fact.empty')}>{column.nullable ? t('data.mayBeNull') : t('all.never')}</Fact>
          {column.default && (
            <Fact name={t('all.default')}>
              <span className="mono">{column.default}</span>
            </Fact>
          )}
          {column.generated && <Fact name={t('data.fact.madeBy')}><span translate="no">{column.generated}</span></Fact>}
          {table.references.has(column.name) && <Fact name={t('data.fact.pointsTo')}><span translate="no">{table.references.get(column.name)?.table}</span></Fact>}
          {table.choices.has(column.name) && <Fact name={t('data.fact.oneOf')}><span translate="no">{table.choices.get(column.name)?.join(', ')}</span></Fact>}
          {column.comment && <Fact name={t('all.about')}><span translate="no">{column.comment}</span></Fact>}
        </dl>
        <div className="row">
          <button
            type="button"
            className="button"
            onClick={() => {
              onOrder(column.name)
              onClose()
            }}
          >
            {t('data.leastFirst')}
          </button>
          <button
            type="button"
            className="button"
            onClick={() => {
              onOrder(`-${column.name}`)
              onClose()
            }}
          >
            {t('data.mostFirst')}
          </button>
          {may && !count.isSuccess && (
            <button type="button" className="button" disabled={count.isPending} onClick={() => count.mutate()}>
              {t('data.lookAtItsValues')}
            </button>
          )}
        </div>
        {count.isError && <Trouble error={count.error} />}
        {count.isSuccess && (
          <>
            <dl className="facts">
              {count.data.numbers.map(([name, value]) => (
                <Fact key={name} name={name in COUNTED ? t(COUNTED[name as keyof typeof COUNTED]) : name}>
                  <Cell value={value} />
                </Fact>
              ))}
            </dl>
            {count.data.values.length > 0 && (
              <table className="table">
                <thead>
                  <tr>
                    <th>{t('data.mostCommon')}</th>
                    <th className="number">{t('data.times')}</th>
                  </tr>
                </thead>
                <tbody>
                  {count.data.values.map(([value, times], n) => (
                    <tr key={n}>
                      <td>
                        <Cell value={value} />
                      </td>
                      <td className="number">{number(Number(times))}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </>
        )}
      </div>
    </Modal>
  )
}

/** What the statement above calls its columns. */
const COUNTED = { rows: 'data.counted.rows', given: 'data.counted.given', different: 'data.counted.different', least: 'data.counted.least', most: 'data.counted.most' } as const

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
