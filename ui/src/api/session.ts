// Who sits here: read once, changed by signing in or out.

import { reach, setWord } from './client'

export interface Actor {
  kind: 'human' | 'ai_agent' | 'service_account' | 'system'
  id: string
  name: string
  permissions: string[]
}

export interface Session {
  signed_in: boolean
  /** Whether people can have accounts here. */
  people?: boolean
  /** Whether nobody has one yet. */
  first?: boolean
  who?: Actor
  by_link?: boolean
  word?: string
  needs?: 'code'
}

const URL = '/admin/v1/session'

function keep(session: Session): Session {
  setWord(session.word ?? '')
  return session
}

export async function readSession(): Promise<Session> {
  return keep((await (await reach(URL)).json()) as Session)
}

export interface Shown {
  link?: string
  name?: string
  email?: string
  password?: string
  code?: string
}

export async function signIn(shown: Shown): Promise<Session> {
  const answer = await reach(URL, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(shown),
  })
  return keep((await answer.json()) as Session)
}

export async function signOut(): Promise<void> {
  await reach(URL, { method: 'DELETE' })
  setWord('')
}

/** `board.*` holds all that begins so, `*` holds all. */
export function may(session: Session | undefined, wanted: string): boolean {
  const held = session?.who?.permissions ?? []
  return held.some((one) => {
    if (!one.endsWith('*')) return one === wanted
    const prefix = one.slice(0, -1)
    return prefix === '' || (prefix.endsWith('.') && wanted.startsWith(prefix))
  })
}

/** What follows `#link=` in the address, read before anything else reads it, and taken out: it stays
    in no history. */
function takeLink(): string | undefined {
  const found = /^#link=([0-9a-f]{16,})$/.exec(location.hash)
  if (found) history.replaceState(null, '', location.pathname)
  return found?.[1]
}

export const arrivedWith = takeLink()
