// One part: what it is, how it is, and what can be done with it.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { call } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { Ago } from '../../parts/ago'
import { Answer } from '../../parts/answer'
import { Modal } from '../../parts/modal'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { t, known, ms, type Plain } from '../../words/words'
import type { Part } from './board'

const VERBS: { verb: 'component:restart' | 'component:swap' | 'component:stop' | 'component:start'; name: Plain; when: (part: Part) => boolean }[] = [
  { verb: 'component:restart', name: 'board.restart', when: (part: Part) => part.shown === 'running' },
  { verb: 'component:swap', name: 'board.swap', when: (part: Part) => part.shown === 'running' },
  { verb: 'component:stop', name: 'board.stop', when: (part: Part) => part.shown === 'running' && part.standing !== 'protected' },
  { verb: 'component:start', name: 'board.start', when: (part: Part) => part.shown !== 'running' },
]

export function PartSheet({ part, onClose }: { part: Part; onClose: () => void }) {
  const queries = useQueryClient()
  const may = useMay('component:restart')
  const act = useMutation({
    mutationFn: ({ verb }: (typeof VERBS)[number]) => call(verb as 'component:restart', { part: part.name }, { consent: 'yes' }),
    onSuccess: (_, { name }) => {
      say({ text: t('board.verbDone', { part: part.name, verb: t(name) }) })
      void queries.invalidateQueries({ queryKey: ['health:report'] })
    },
  })
  return (
    <Modal title={part.name} onClose={onClose} wide named>
      <div className="stack">
        <p lang="en">{part.about}</p>
        {may && (
          <div className="row">
            {VERBS.filter((one) => one.when(part)).map((one) => (
              <button key={one.verb} type="button" className="button" disabled={act.isPending} onClick={() => act.mutate(one)}>
                {t(one.name)}
              </button>
            ))}
          </div>
        )}
        {act.isError && <Trouble error={act.error} />}
        <dl className="facts">
          <Fact name={t('all.state')}>{known(part.shown)}</Fact>
          <Fact name={t('board.fact.health')}>
            {known(part.health)}
            {part.why && <span lang="en">: {part.why}</span>}
          </Fact>
          <Fact name={t('all.since')}>
            <Ago at={part.since} />
          </Fact>
          <Fact name={t('board.fact.version')}><span translate="no">{part.version}</span></Fact>
          <Fact name={t('board.fact.restarts')}>{part.restarts}</Fact>
          {part.ready_in_ms !== null && <Fact name={t('board.fact.ready')}>{ms(part.ready_in_ms ?? 0)}</Fact>}
          {part.provides.length > 0 && <Fact name={t('board.fact.fills')}><span translate="no">{part.provides.join(', ')}</span></Fact>}
          {part.dependencies.length > 0 && <Fact name={t('board.fact.stands')}><span translate="no">{part.dependencies.join(', ')}</span></Fact>}
          {part.addresses.length > 0 && <Fact name={t('board.fact.addresses')}><span translate="no">{part.addresses.join(', ')}</span></Fact>}
        </dl>
        <h3>{t('all.settings')}</h3>
        <Answer value={part.config} />
      </div>
    </Modal>
  )
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
