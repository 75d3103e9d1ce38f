// The one way to the board: operations over HTTP, with the session's word for whatever changes
// something. A refusal is a Problem (RFC 9457), with its code and what to do next.

import { t } from '../words/words'
import type { components } from './operations'

export class Problem extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly hint?: string,
    readonly details?: string,
    readonly trace?: string,
  ) {
    super(message)
  }
}

type Schemas = components['schemas']
/** `org:member:add` and `input` are the schema `org.member.add.input`. */
type Dotted<Name extends string> = Name extends `${infer Group}:${infer Rest}` ? `${Group}.${Dotted<Rest>}` : Name
type Coloned<Name extends string> = Name extends `${infer Group}.${infer Rest}` ? `${Group}:${Coloned<Rest>}` : Name
type Schema<Name extends string, Side extends string> = `${Dotted<Name>}.${Side}` extends keyof Schemas ? Schemas[`${Dotted<Name>}.${Side}`] : never
type Known<Name extends string, Side extends string, Otherwise> = [Schema<Name, Side>] extends [never]
  ? Otherwise
  : Schema<Name, Side>

/** The name of an operation that the board has. */
export type Operation = {
  [Key in keyof Schemas]: Key extends `${infer Name}.input` ? Coloned<Name> : never
}[keyof Schemas]

/** The input of an operation. */
export type Input<Name extends string> = Known<Name, 'input', Record<string, unknown>>

/** What an operation answers. */
export type Output<Name extends string> = Known<Name, 'output', unknown>

let word = ''

export function setWord(next: string) {
  word = next
}
export const readWord = () => word

/** Asked when the session is over: the frame shows the way in again. */
let onSignedOut: () => void = () => {}
export function whenSignedOut(then: () => void) {
  onSignedOut = then
}

export interface Manner {
  preview?: boolean
  /** What was consented to: a change that asks, or the loss of data. */
  consent?: 'yes' | 'destroy'
  signal?: AbortSignal
}

export async function call<Name extends string>(
  name: Name,
  input: Input<Name> = {} as Input<Name>,
  manner: Manner = {},
): Promise<Output<Name>> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json',
    'x-magflock-word': word,
  }
  if (manner.consent) headers['x-magflock-consent'] = manner.consent
  const url = `/admin/v1/operations/${encodeURIComponent(name)}${manner.preview ? '?preview=true' : ''}`
  const answer = await reach(url, {
    method: 'POST',
    headers,
    body: JSON.stringify(input),
    signal: manner.signal,
  })
  return (await answer.json()) as Output<Name>
}

export async function reach(url: string, init: RequestInit = {}): Promise<Response> {
  let answer: Response
  try {
    answer = await fetch(url, { credentials: 'same-origin', ...init })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Problem('', t('trouble.noAnswer'), 0, t('trouble.noAnswerHint'))
  }
  if (answer.ok) return answer
  const problem = await problemOf(answer)
  if (answer.status === 401) onSignedOut()
  throw problem
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    const told = (await answer.json()) as Record<string, string | undefined>
    return new Problem(
      told.code ?? '',
      told.detail ?? told.message ?? answer.statusText,
      answer.status,
      told.hint,
      told.details,
      told.instance,
    )
  } catch {
    return new Problem('', answer.statusText || t('trouble.status', { status: answer.status }), answer.status)
  }
}

/** One line of what an operation tells while it runs. */
export type Told =
  | { kind: 'item'; item: unknown }
  | { kind: 'step'; message: string; of?: [number, number] }
  | { kind: 'answer'; answer: unknown }

/** Follows an operation that goes on, by server-sent events, and begins again when the line is cut. */
export function follow(
  name: string,
  input: Record<string, unknown>,
  hear: (item: unknown) => void,
  lost?: (why: string) => void,
): () => void {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(input)) {
    if (value !== undefined && value !== null && value !== '') query.set(key, String(value))
  }
  const source = new EventSource(`/admin/v1/read/${encodeURIComponent(name)}?${query}`)
  source.addEventListener('item', (event) => hear(JSON.parse((event as MessageEvent<string>).data)))
  source.addEventListener('problem', (event) => {
    const told = JSON.parse((event as MessageEvent<string>).data) as { detail?: string }
    lost?.(told.detail ?? t('trouble.lineRefused'))
    source.close()
  })
  source.onerror = () => lost?.(t('trouble.lineCut'))
  return () => source.close()
}
