// Who sits here: read once, changed by signing in or out.

import { reach, readWord, setWord } from './client'

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
  /** Whose account it is; a session by a link has none. */
  account?: { email: string; name: string; totp: boolean }
  /** Why an earlier session ended by itself. */
  ended?: string
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
  invite?: string
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

/** A step of somebody's own account. Where the session is made anew, its word is, too. */
async function own<Answer extends object>(path: string, method: string, body: object): Promise<Answer> {
  const answer = (await (
    await reach(`${URL}/${path}`, { method, headers: { 'content-type': 'application/json', 'x-magflock-word': readWord() }, body: JSON.stringify(body) })
  ).json()) as Answer & { word?: string }
  if (answer.word) setWord(answer.word)
  return answer
}

export interface Enrolment {
  id: string
  secret: string
  uri: string
  /** A picture, as SVG. */
  qr: string
}

export const beginTotp = (password: string) => own<Enrolment>('totp', 'POST', { password })
export const confirmTotp = (id: string, code: string) => own<object>('totp/confirm', 'POST', { id, code })
export const removeTotp = (password: string, code: string) => own<object>('totp', 'DELETE', { password, code })
export const changePassword = (password: string, next: string, code?: string) => own<object>('password', 'POST', { password, new: next, code })

/** `board.*` holds all that begins so, `*` holds all. */
export function may(session: Session | undefined, wanted: string): boolean {
  const held = session?.who?.permissions ?? []
  return held.some((one) => {
    if (!one.endsWith('*')) return one === wanted
    const prefix = one.slice(0, -1)
    return prefix === '' || (prefix.endsWith('.') && wanted.startsWith(prefix))
  })
}

/** What follows `#link=` or `#invite=` in the address, read before anything else reads it, and taken
    out: it stays in no history. */
function takeArrival(): { link?: string; invite?: string } {
  const found = /^#(link|invite)=([\w.-]{16,})$/.exec(location.hash)
  if (!found) return {}
  history.replaceState(null, '', location.pathname)
  return found[1] === 'link' ? { link: found[2] } : { invite: found[2] }
}

export const arrivedWith = takeArrival()
