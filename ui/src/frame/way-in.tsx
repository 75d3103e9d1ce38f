// Signing in: by the link that `mobo` prints, or with e-mail and password.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { arrivedWith, type Session, type Shown, signIn } from '../api/session'
import { Field } from '../parts/field'
import { Trouble } from '../parts/trouble'

export function WayIn({ session }: { session: Session }) {
  const queries = useQueryClient()
  const link = arrivedWith
  const [needsCode, setNeedsCode] = useState(false)
  const come = useMutation({
    mutationFn: (shown: Shown) => signIn(shown),
    onSuccess: (next) => {
      if (next.needs === 'code') setNeedsCode(true)
      else queries.setQueryData(['session'], next)
    },
  })
  const tried = useRef(false)
  const makesFirst = Boolean(link && session.people && session.first)
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
      name: text('name'),
      email: text('email'),
      password: text('password'),
      code: text('code'),
    })
  }

  return (
    <main className="way-in">
      <img src="/mark.svg" alt="" width="40" height="40" />
      <h1>{makesFirst ? 'Welcome. You are the first.' : 'Sign in to MagFlock'}</h1>
      {come.isError && <Trouble error={come.error} />}
      {link && !makesFirst && come.isPending && <p className="quiet">Opening with the link…</p>}
      {session.people ? (
        <form onSubmit={send} className="stack">
          {makesFirst && <Field name="name" label="Your name" autoComplete="name" required />}
          <Field name="email" label="E-mail" type="email" autoComplete="username" required />
          <Field
            name="password"
            label="Password"
            type="password"
            autoComplete={makesFirst ? 'new-password' : 'current-password'}
            hint={makesFirst ? 'At least 10 characters. A sentence is easier to keep than a riddle.' : undefined}
            required
          />
          {needsCode && (
            <Field name="code" label="Code from your authenticator" inputMode="numeric" autoComplete="one-time-code" required />
          )}
          <button type="submit" className="button" data-kind="main" disabled={come.isPending}>
            {makesFirst ? 'Create my account' : 'Sign in'}
          </button>
          {makesFirst && link && (
            <button type="button" className="button" onClick={() => come.mutate({ link })}>
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
    </main>
  )
}
