// AI agents: who answers for each, what it has spent of its budget, what became of its calls, and the
// button that stops it at every door.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, type Output } from '../../api/client'
import { useMay } from '../../frame/session-place'
import { Ago } from '../../parts/ago'
import { Copy } from '../../parts/copy'
import { Field } from '../../parts/field'
import { Modal } from '../../parts/modal'
import { say } from '../../parts/toast'
import { Trouble } from '../../parts/trouble'
import { Waiting } from '../../parts/waiting'
import { t, T, known } from '../../words/words'
import { Face } from './users'

type Agent = Output<'agent:list'>['agents'][number]

/** Whoever is not among them is shown by id. */
const OWNERS = 200

export function Agents({ project }: { project?: string }) {
  const queries = useQueryClient()
  const may = useMay('agent:pause')
  const agents = useQuery({ queryKey: ['agent:list', project], queryFn: () => call('agent:list', { project }), refetchInterval: 15_000 })
  const users = useQuery({ queryKey: ['user:list', project, 'owners'], queryFn: () => call('user:list', { project, limit: OWNERS }), retry: false })
  const nameOf = (owner?: string | null) => {
    const found = users.data?.users.find((user) => user.id === owner)
    return found ? found.name || found.email || owner : (owner ?? t('people.nobody'))
  }
  const [making, setMaking] = useState(false)
  const [log, setLog] = useState<Agent>()
  const [limit, setLimit] = useState<Agent>()
  const again = () => void queries.invalidateQueries({ queryKey: ['agent:list'] })
  if (agents.isPending) return <Waiting what={t('people.readingTheAgents')} />
  if (agents.isError) return <Trouble error={agents.error} again={() => agents.refetch()} />
  return (
    <div className="stack">
      <div className="row-apart">
        <p className="quiet">{t('people.anAgentHasAnOwner')}</p>
        {may && (
          <button type="button" className="button" data-kind="main" onClick={() => setMaking(true)}>
            {t('people.newAgent')}
          </button>
        )}
      </div>
      {agents.data.agents.length === 0 ? (
        <div className="empty card">
          <h2>{t('people.noAgentYet')}</h2>
          <p>{t('people.giveOneAKeyOf')}</p>
        </div>
      ) : (
        <ul className="agents">
          {agents.data.agents.map((one) => (
            <li key={one.id} className="card agent" data-state={one.state}>
              <div className="row-apart">
                <h2 className="person">
                  <Face name={one.name} kind="ai_agent" /> <bdi>{one.name}</bdi>
                </h2>
                <span className="badge" data-kind={one.state === 'active' ? 'well' : 'warn'}>
                  {known(one.state)}
                </span>
              </div>
              {one.why && <p translate="no">{one.why}</p>}
              <Spent name={t('people.thisHour')} calls={one.calls_this_hour} most={one.calls_per_hour} />
              <Spent name={t('people.today')} calls={one.calls_today} most={one.calls_per_day} />
              <p className="quiet">
                <T word="people.forWhom" with={{ owner: <bdi>{nameOf(one.owner)}</bdi>, role: <code>{one.role}</code> }} />
                {one.expires_at && (
                  <>
                    , <T word="people.ends" with={{ when: <Ago at={one.expires_at} /> }} />
                  </>
                )}
              </p>
              <div className="row">
                <button type="button" className="button" onClick={() => setLog(one)}>
                  {t('people.log')}
                </button>
                {may && (
                  <>
                    <button type="button" className="button" onClick={() => setLimit(one)}>
                      {t('people.budget')}
                    </button>
                    <Pause agent={one} project={project} after={again} />
                  </>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
      {making && <NewAgent project={project} onClose={() => setMaking(false)} after={again} />}
      {log && <LogSheet agent={log} project={project} onClose={() => setLog(undefined)} />}
      {limit && <LimitSheet agent={limit} project={project} onClose={() => setLimit(undefined)} after={again} />}
    </div>
  )
}

function Spent({ name, calls, most }: { name: string; calls: number; most?: number | null }) {
  return (
    <div className="spent">
      <span>{name}</span>
      {most ? <meter min={0} max={most} high={most * 0.9} value={Math.min(calls, most)} aria-label={t('people.spentOf', { name, some: calls, count: most })} /> : <span />}
      <span className="number">{most ? t('all.of', { some: calls, all: most }) : t('people.calls', { count: calls })}</span>
    </div>
  )
}

function Pause({ agent, project, after }: { agent: Agent; project?: string; after: () => void }) {
  const paused = agent.state === 'paused'
  const act = useMutation({
    mutationFn: () => call('agent:pause', { agent: agent.id, project, resume: paused }, { consent: 'yes' }),
    onSuccess: () => {
      say({ text: paused ? t('people.goesOn', { name: agent.name }) : t('people.isPaused', { name: agent.name }) })
      after()
    },
    onError: (error) => say({ text: error.message, kind: 'bad' }),
  })
  return (
    <button type="button" className="button" data-kind={paused ? 'main' : 'bad'} disabled={act.isPending || agent.state === 'expired'} onClick={() => act.mutate()}>
      {paused ? t('people.letItGoOn') : t('people.pause')}
    </button>
  )
}

function NewAgent({ project, onClose, after }: { project?: string; onClose: () => void; after: () => void }) {
  const make = useMutation({
    mutationFn: (input: { name: string; purpose: string; owner?: string; role?: string; calls_per_hour?: number; calls_per_day?: number; days?: number }) =>
      call('agent:create', { ...input, project }, { consent: 'yes' }),
    onSuccess: after,
  })
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    const number = (name: string) => Number(text(name)) || undefined
    make.mutate({
      name: text('name'),
      purpose: text('purpose'),
      owner: text('owner') || undefined,
      role: text('role') || undefined,
      calls_per_hour: number('hour'),
      calls_per_day: number('day'),
      days: number('days'),
    })
  }
  return (
    <Modal title={t('people.newAgent')} onClose={onClose}>
      {make.isSuccess ? (
        <div className="stack">
          <p>{t('people.keyOf', { name: make.data.name })}</p>
          <pre className="code">{make.data.key}</pre>
          <div className="row">
            <Copy text={make.data.key} label={t('all.copyTheKey')} />
            <button type="button" className="button" data-kind="main" onClick={onClose}>
              {t('all.done')}
            </button>
          </div>
        </div>
      ) : (
        <form className="stack" onSubmit={send}>
          <Field name="name" label={t('all.name')} required />
          <Field name="purpose" label={t('all.whatItIsFor')} required hint={t('people.aSentenceItStandsIn')} />
          <Field name="owner" label={t('people.whoAnswersForIt')} hint={t('people.aUsersAddressTheSystem')} />
          <Field name="role" label={t('all.role')} className="mono" placeholder="authenticated" hint={t('people.decidesWhatItSees')} />
          <div className="row">
            <Field name="hour" label={t('people.callsAnHour')} type="number" min={1} placeholder="1000" />
            <Field name="day" label={t('people.callsADay')} type="number" min={1} placeholder="10000" />
            <Field name="days" label={t('all.endsAfterDays')} type="number" min={1} placeholder="90" />
          </div>
          {make.isError && <Trouble error={make.error} />}
          <div className="row">
            <button type="submit" className="button" data-kind="main" disabled={make.isPending}>
              {t('all.makeIt')}
            </button>
          </div>
        </form>
      )}
    </Modal>
  )
}

function LimitSheet({ agent, project, onClose, after }: { agent: Agent; project?: string; onClose: () => void; after: () => void }) {
  const limit = useMutation({
    mutationFn: (input: { calls_per_hour?: number; calls_per_day?: number }) => call('agent:limit', { agent: agent.id, project, ...input }, { consent: 'yes' }),
    onSuccess: () => {
      say({ text: t('people.anotherBudget', { name: agent.name }) })
      after()
      onClose()
    },
  })
  return (
    <Modal title={t('people.budgetOf', { name: agent.name })} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          const form = new FormData(event.currentTarget)
          limit.mutate({ calls_per_hour: Number(form.get('hour')) || undefined, calls_per_day: Number(form.get('day')) || undefined })
        }}
      >
        <Field name="hour" label={t('people.callsAnHour')} type="number" min={1} defaultValue={agent.calls_per_hour ?? ''} />
        <Field name="day" label={t('people.callsADay')} type="number" min={1} defaultValue={agent.calls_per_day ?? ''} />
        {limit.isError && <Trouble error={limit.error} />}
        <div className="row">
          <button type="submit" className="button" data-kind="main" disabled={limit.isPending}>
            {t('people.boundIt')}
          </button>
        </div>
      </form>
    </Modal>
  )
}

function LogSheet({ agent, project, onClose }: { agent: Agent; project?: string; onClose: () => void }) {
  const log = useQuery({ queryKey: ['agent:log', project, agent.id], queryFn: () => call('agent:log', { agent: agent.id, project }), staleTime: 0 })
  return (
    <Modal title={t('people.becameOf', { name: agent.name })} onClose={onClose} wide>
      {log.isPending && <Waiting what={t('people.readingItsLog')} />}
      {log.isError && <Trouble error={log.error} />}
      {log.data?.lines.length === 0 && <p className="quiet">{t('people.itHasNotBeenHeard')}</p>}
      {log.data && log.data.lines.length > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-label={t('people.lines')}>
          <table className="table">
            <thead>
              <tr>
                {Object.keys(log.data.lines[0] ?? {}).map((one) => (
                  <th key={one}>{one}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {log.data.lines.map((line, n) => (
                <tr key={n}>
                  {Object.entries(line).map(([name, value]) => (
                    <td key={name}>{name === 'at' && typeof value === 'string' ? <Ago at={value} /> : <bdi>{typeof value === 'object' ? JSON.stringify(value) : String(value)}</bdi>}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Modal>
  )
}
