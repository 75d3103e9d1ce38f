// Signing in: by the link that `mobo` prints, by an invitation, or with address and password, and a
// code where there is a second factor. The first one who comes makes the first account.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { arrivedWith, type Session, type Shown, signIn } from '../api/session'
import { Field } from '../parts/field'
import { Trouble } from '../parts/trouble'
import { t, T } from '../words/words'

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
        <h1>{makesFirst ? t('frame.welcomeYouAreTheFirst') : invited ? t('frame.welcomeYouWereExpected') : t('frame.signInToMagFlock')}</h1>
        {makesFirst && <p className="quiet">{t('frame.makeTheFirstAccountOf')}</p>}
        {session.ended && !come.isError && <p className="badge" data-kind="warn">{session.ended}</p>}
        {come.isError && <Trouble error={come.error} />}
        {link && !makesFirst && come.isPending && <p className="quiet">{t('frame.openingWithTheLink')}</p>}
        {session.people && (!session.first || makesFirst) ? (
          <form onSubmit={send} className="stack">
            {begins && <Field name="name" label={t('frame.yourName')} autoComplete="name" autoFocus required />}
            {!invited && <Field name="email" label={t('all.eMail')} type="email" autoComplete="username" autoFocus={!begins} required />}
            <Field
              name="password"
              label={t('all.password')}
              type="password"
              autoComplete={begins ? 'new-password' : 'current-password'}
              minLength={begins ? 10 : undefined}
              hint={begins ? t('frame.atLeast10CharactersA') : undefined}
              required
            />
            {needsCode && (
              <Field
                name="code"
                label={t('frame.codeFromYourAuthenticator')}
                inputMode="numeric"
                autoComplete="one-time-code"
                pattern="[0-9 ]{6,7}"
                hint={t('frame.sixDigitsTheyChangeEvery')}
                autoFocus
                required
              />
            )}
            <button type="submit" className="button" data-kind="main" disabled={come.isPending}>
              {begins ? t('frame.createMyAccount') : t('frame.signIn')}
            </button>
            {makesFirst && link && (
              <button type="button" className="button" data-kind="quiet" onClick={() => come.mutate({ link })}>
                {t('frame.laterOnlyOpenTheScreen')}
              </button>
            )}
          </form>
        ) : (
          <div className="stack">
            <p>{t('frame.inATerminalOnThe')}</p>
            <pre className="code">mobo admin:link</pre>
            <p className="quiet">{t('frame.itPrintsALinkThat')}</p>
          </div>
        )}
        {session.people && !session.first && !invited && (
          <p className="quiet way-in-lost">
            <T word="frame.lostPassword" with={{ command: <code>mobo admin:link</code> }} />
          </p>
        )}
      </div>
    </main>
  )
}
