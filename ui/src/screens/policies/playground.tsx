// "As this user I see …": the rows that somebody would see of a table, and why they may or may not do
// what with it.

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client'
import { Cell } from '../../parts/cell'
import { Modal } from '../../parts/modal'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
import type { Where } from '../../parts/where'
import { t, known } from '../../words/words'

const SHOWN = 20

interface Asker {
  role: string
  user: string
}

export function Playground({ table, where, onClose }: { table: string; where: Where; onClose: () => void }) {
  const [asker, setAsker] = useState<Asker>({ role: 'anon', user: '' })
  const roles = useQuery({ queryKey: ['role:list', where], queryFn: () => call('role:list', { ...where }) })
  const users = useQuery({ queryKey: ['user:list', where.project, 'pick'], queryFn: () => call('user:list', { project: where.project, limit: 50 }), retry: false })
  const who = { role: asker.role || undefined, user: asker.user || undefined }
  const seen = useQuery({ queryKey: ['policy:test', where, table, who], queryFn: () => call('policy:test', { table, rows: SHOWN, ...who, ...where }), gcTime: 0, retry: false })
  const why = useQuery({ queryKey: ['policy:explain', where, table, who], queryFn: () => call('policy:explain', { table, ...who, ...where }), gcTime: 0, retry: false })
  const names = roles.data?.roles.map((one) => one.name) ?? []
  const columns = [...new Set(seen.data?.rows.flatMap((row) => Object.keys(row)) ?? [])]
  return (
    <Modal title={t('policies.whatWouldTheySee', { table: table.replace(/^public\./, '') })} onClose={onClose} wide>
      <div className="stack">
        <div className="row">
          <label className="field">
            <span>{t('all.role')}</span>
            <input list="playground-roles" className="mono" value={asker.role} spellCheck={false} onChange={(event) => setAsker({ ...asker, role: event.target.value })} />
            <datalist id="playground-roles">
              {[...new Set(['anon', 'authenticated', 'service_role', ...names])].map((one) => (
                <option key={one} value={one} />
              ))}
            </datalist>
          </label>
          <label className="field grow">
            <span>{t('policies.user')}</span>
            <input
              list="playground-users"
              placeholder={t('policies.nobodyAGuest')}
              value={asker.user}
              spellCheck={false}
              onChange={(event) => setAsker({ role: event.target.value && asker.role === 'anon' ? 'authenticated' : asker.role, user: event.target.value })}
            />
            <datalist id="playground-users">
              {users.data?.users.map((one) => (
                <option key={one.id} value={one.id} translate="no">
                  {one.name || one.email}
                </option>
              ))}
            </datalist>
          </label>
        </div>
        {seen.isPending && <Waiting what={t('policies.readingWhatTheySee')} />}
        {seen.isError && <Trouble error={seen.error} />}
        {seen.isSuccess && (
          <>
            <p role="status" className="playground-sum">
              <strong>{seen.data.of === null || seen.data.of === undefined ? t('all.rows', { count: seen.data.sees }) : t('policies.rowsOf', { count: seen.data.sees, all: seen.data.of })}</strong>. <span lang="en">{seen.data.refused}</span>
            </p>
            {columns.length > 0 && (
              <div className="scroll card" tabIndex={0} role="region" aria-label={t('policies.rowsThatAreSeen')}>
                <table className="table">
                  <thead>
                    <tr>
                      {columns.map((one) => (
                        <th key={one} translate="no">{one}</th>
                      ))}
                    </tr>
                  </thead>
                  <tbody>
                    {seen.data.rows.map((row, n) => (
                      <tr key={n}>
                        {columns.map((one) => (
                          <td key={one}>
                            <Cell value={row[one]} />
                          </td>
                        ))}
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
          </>
        )}
        {why.data && (
          <dl className="facts">
            {why.data.deeds.map((one) => (
              <div key={one.verb}>
                <dt>
                  <span translate="no">{one.verb}</span>{' '}
                  <span className="badge" data-kind={one.verdict === 'all_rows' || one.verdict === 'bypasses' ? 'warn' : one.verdict === 'some_rows' ? 'well' : undefined}>
                    {known(one.verdict)}
                  </span>
                </dt>
                <dd lang="en">{one.because}</dd>
              </div>
            ))}
          </dl>
        )}
      </div>
    </Modal>
  )
}
