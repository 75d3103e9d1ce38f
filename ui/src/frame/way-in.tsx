// Signing in: by the link that `mobo` prints, by an invitation, or with address and password, and a
// code where there is a second factor. The first one who comes makes the first account.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { arrivedWith, type Session, type Shown, signIn } from '../api/session'
import { Field } from '../parts/field'
import { Trouble } from '../parts/trouble'

export function WayIn({ session }: { session: Session }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { link, invite } = arrivedWith
  const [needsCode, setNeedsCode] = useState(false)
  const [spent, setSpent] = useState(false)
  const makesFirst = Boolean(link && session.people && session.first && !spent)
  const invited = Boolean(invite && !spent)
  const begins = makesFirst || invited
  const come = useMutation({
    mutationFn: (shown: Shown) => signIn(shown),
    onSuccess: async (next) => {
      if (next.needs === 'code') return setNeedsCode(true)
      if (begins) await navigate({ to: '/welcome' })
      // What is known of a session by itself is more than what signing in answers.
      queries.setQueryData(['session'], next)
      await queries.invalidateQueries({ queryKey: ['session'] })
    },
    onError: (_, shown) => {
      if ((shown.link && !shown.email) || shown.invite) setSpent(true)
    },
  })
  const tried = useRef(false)
  useEffect(() => {
    if (link && !makesFirst && !tried.current) {
      tried.current = true
      come.mutate({ link })
    }
  }, [link, makesFirst, come])

  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => (form.get(name) as string | null) || undefined
    come.mutate({
      link: makesFirst ? link : undefined,
      invite: invited ? invite : undefined,
      name: text('name'),
      email: text('email'),
      password: text('password'),
      code: text('code'),
    })
  }

  return (
    <main className="way-in">
      <div className="way-in-card">
        <img src="/mark.svg" alt="" width="44" height="44" />
        <h1>{makesFirst ? 'Welcome. You are the first.' : invited ? 'Welcome. You were expected.' : 'Sign in to MagFlock'}</h1>
        {makesFirst && <p className="quiet">Make the first account of this board: it may do everything, and can invite others.</p>}
        {session.ended && !come.isError && <p className="badge" data-kind="warn">{session.ended}</p>}
        {come.isError && <Trouble error={come.error} />}
        {link && !makesFirst && come.isPending && <p className="quiet">Opening with the link…</p>}
        {session.people && (!session.first || makesFirst) ? (
          <form onSubmit={send} className="stack">
            {begins && <Field name="name" label="Your name" autoComplete="name" autoFocus required />}
            {!invited && <Field name="email" label="E-mail" type="email" autoComplete="username" autoFocus={!begins} required />}
            <Field
              name="password"
              label="Password"
              type="password"
              autoComplete={begins ? 'new-password' : 'current-password'}
              minLength={begins ? 10 : undefined}
              hint={begins ? 'At least 10 characters. A sentence is easier to keep than a riddle.' : undefined}
              required
            />
            {needsCode && (
              <Field
                name="code"
                label="Code from your authenticator"
                inputMode="numeric"
                autoComplete="one-time-code"
                pattern="[0-9 ]{6,7}"
                hint="Six digits. They change every half minute."
                autoFocus
                required
              />
            )}
            <button type="submit" className="button" data-kind="main" disabled={come.isPending}>
              {begins ? 'Create my account' : 'Sign in'}
            </button>
            {makesFirst && link && (
              <button type="button" className="button" data-kind="quiet" onClick={() => come.mutate({ link })}>
                Later: only open the screen
              </button>
            )}
          </form>
        ) : (
          <div className="stack">
            <p>In a terminal on the machine where the board runs:</p>
            <pre className="code">mobo admin:link</pre>
            <p className="quiet">It prints a link that opens this screen once, as you.</p>
          </div>
        )}
        {session.people && !session.first && !invited && (
          <p className="quiet way-in-lost">
            Lost your password? <code>mobo admin:link</code> on the machine opens the screen in any case.
          </p>
        )}
      </div>
    </main>
  )
}
