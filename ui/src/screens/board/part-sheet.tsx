// One part: what it is, how it is, and what can be done with it.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { call } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { Ago } from '../../parts/ago'
import { Answer } from '../../parts/answer'
import { Modal } from '../../parts/modal'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import type { Part } from './board'

const VERBS: { verb: 'component:restart' | 'component:swap' | 'component:stop' | 'component:start'; name: string; when: (part: Part) => boolean }[] = [
  { verb: 'component:restart', name: 'Restart', when: (part: Part) => part.shown === 'running' },
  { verb: 'component:swap', name: 'Swap', when: (part: Part) => part.shown === 'running' },
  { verb: 'component:stop', name: 'Stop', when: (part: Part) => part.shown === 'running' && part.standing !== 'protected' },
  { verb: 'component:start', name: 'Start', when: (part: Part) => part.shown !== 'running' },
]

export function PartSheet({ part, onClose }: { part: Part; onClose: () => void }) {
  const queries = useQueryClient()
  const may = useMay('component:restart')
  const act = useMutation({
    mutationFn: (verb: (typeof VERBS)[number]['verb']) => call(verb as 'component:restart', { part: part.name }, { consent: 'yes' }),
    onSuccess: (_, verb) => {
      say({ text: `${part.name}: ${verb.split(':')[1]} done` })
      void queries.invalidateQueries({ queryKey: ['health:report'] })
    },
  })
  return (
    <Modal title={part.name} onClose={onClose} wide>
      <div className="stack">
        <p>{part.about}</p>
        {may && (
          <div className="row">
            {VERBS.filter((one) => one.when(part)).map((one) => (
              <button key={one.verb} type="button" className="button" disabled={act.isPending} onClick={() => act.mutate(one.verb)}>
                {one.name}
              </button>
            ))}
          </div>
        )}
        {act.isError && <Trouble error={act.error} />}
        <dl className="facts">
          <Fact name="State">{part.shown}</Fact>
          <Fact name="Health">
            {part.health}
            {part.why && `: ${part.why}`}
          </Fact>
          <Fact name="Since">
            <Ago at={part.since} />
          </Fact>
          <Fact name="Version">{part.version}</Fact>
          <Fact name="Restarts">{part.restarts}</Fact>
          {part.ready_in_ms !== null && <Fact name="Ready in">{part.ready_in_ms} ms</Fact>}
          {part.provides.length > 0 && <Fact name="Fills">{part.provides.join(', ')}</Fact>}
          {part.dependencies.length > 0 && <Fact name="Stands on">{part.dependencies.join(', ')}</Fact>}
          {part.addresses.length > 0 && <Fact name="Addresses">{part.addresses.join(', ')}</Fact>}
        </dl>
        <h3>Settings</h3>
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
