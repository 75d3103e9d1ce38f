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
    return found ? found.name || found.email || owner : (owner ?? 'nobody')
  }
  const [making, setMaking] = useState(false)
  const [log, setLog] = useState<Agent>()
  const [limit, setLimit] = useState<Agent>()
  const again = () => void queries.invalidateQueries({ queryKey: ['agent:list'] })
  if (agents.isPending) return <Waiting what="the agents" />
  if (agents.isError) return <Trouble error={agents.error} again={() => agents.refetch()} />
  return (
    <div className="stack">
      <div className="row-apart">
        <p className="quiet">An agent has an owner, a purpose, a budget and an end.</p>
        {may && (
          <button type="button" className="button" data-kind="main" onClick={() => setMaking(true)}>
            New agent
          </button>
        )}
      </div>
      {agents.data.agents.length === 0 ? (
        <div className="empty card">
          <h2>No agent yet</h2>
          <p>Give one a key of its own, and its calls are counted, bounded and written down.</p>
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
                  {one.state}
                </span>
              </div>
              {one.why && <p>{one.why}</p>}
              <Spent name="This hour" calls={one.calls_this_hour} most={one.calls_per_hour} />
              <Spent name="Today" calls={one.calls_today} most={one.calls_per_day} />
              <p className="quiet">
                for <bdi>{nameOf(one.owner)}</bdi>, as <code>{one.role}</code>
                {one.expires_at && (
                  <>
                    , ends <Ago at={one.expires_at} />
                  </>
                )}
              </p>
              <div className="row">
                <button type="button" className="button" onClick={() => setLog(one)}>
                  Log
                </button>
                {may && (
                  <>
                    <button type="button" className="button" onClick={() => setLimit(one)}>
                      Budget
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
      {most ? <meter min={0} max={most} high={most * 0.9} value={Math.min(calls, most)} aria-label={`${name}: ${calls} of ${most} calls`} /> : <span />}
      <span className="number">{most ? `${calls.toLocaleString()} of ${most.toLocaleString()}` : `${calls.toLocaleString()} calls`}</span>
    </div>
  )
}

function Pause({ agent, project, after }: { agent: Agent; project?: string; after: () => void }) {
  const paused = agent.state === 'paused'
  const act = useMutation({
    mutationFn: () => call('agent:pause', { agent: agent.id, project, resume: paused }, { consent: 'yes' }),
    onSuccess: () => {
      say({ text: paused ? `${agent.name} goes on` : `${agent.name} is paused, at every door` })
      after()
    },
    onError: (error) => say({ text: error.message, kind: 'bad' }),
  })
  return (
    <button type="button" className="button" data-kind={paused ? 'main' : 'bad'} disabled={act.isPending || agent.state === 'expired'} onClick={() => act.mutate()}>
      {paused ? 'Let it go on' : 'Pause'}
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
    <Modal title="New agent" onClose={onClose}>
      {make.isSuccess ? (
        <div className="stack">
          <p>The key of {make.data.name}. It is shown this once.</p>
          <pre className="code">{make.data.key}</pre>
          <div className="row">
            <Copy text={make.data.key} label="Copy the key" />
            <button type="button" className="button" data-kind="main" onClick={onClose}>
              Done
            </button>
          </div>
        </div>
      ) : (
        <form className="stack" onSubmit={send}>
          <Field name="name" label="Name" required />
          <Field name="purpose" label="What it is for" required hint="A sentence. It stands in the audit trail." />
          <Field name="owner" label="Who answers for it" hint="A user's address; the system itself when nobody is named." />
          <Field name="role" label="Role" placeholder="authenticated" hint="Decides what it sees." />
          <div className="row">
            <Field name="hour" label="Calls an hour" type="number" min={1} placeholder="1000" />
            <Field name="day" label="Calls a day" type="number" min={1} placeholder="10000" />
            <Field name="days" label="Ends after days" type="number" min={1} placeholder="90" />
          </div>
          {make.isError && <Trouble error={make.error} />}
          <div className="row">
            <button type="submit" className="button" data-kind="main" disabled={make.isPending}>
              Make it
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
      say({ text: `${agent.name} has another budget` })
      after()
      onClose()
    },
  })
  return (
    <Modal title={`The budget of ${agent.name}`} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          const form = new FormData(event.currentTarget)
          limit.mutate({ calls_per_hour: Number(form.get('hour')) || undefined, calls_per_day: Number(form.get('day')) || undefined })
        }}
      >
        <Field name="hour" label="Calls an hour" type="number" min={1} defaultValue={agent.calls_per_hour ?? ''} />
        <Field name="day" label="Calls a day" type="number" min={1} defaultValue={agent.calls_per_day ?? ''} />
        {limit.isError && <Trouble error={limit.error} />}
        <div className="row">
          <button type="submit" className="button" data-kind="main" disabled={limit.isPending}>
            Bound it
          </button>
        </div>
      </form>
    </Modal>
  )
}

function LogSheet({ agent, project, onClose }: { agent: Agent; project?: string; onClose: () => void }) {
  const log = useQuery({ queryKey: ['agent:log', project, agent.id], queryFn: () => call('agent:log', { agent: agent.id, project }), staleTime: 0 })
  return (
    <Modal title={`What became of ${agent.name}`} onClose={onClose} wide>
      {log.isPending && <Waiting what="its log" />}
      {log.isError && <Trouble error={log.error} />}
      {log.data?.lines.length === 0 && <p className="quiet">It has not been heard of yet.</p>}
      {log.data && log.data.lines.length > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-label="Lines">
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
