// Somebody's own account: a second factor, another password.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { beginTotp, changePassword, confirmTotp, type Enrolment, removeTotp, type Session } from '../api/session'
import { Copy } from '../parts/copy'
import { Field } from '../parts/field'
import { Modal } from '../parts/modal'
import { say } from '../parts/toast'
import { Trouble } from '../parts/trouble'

const texts = (event: FormEvent<HTMLFormElement>) => {
  event.preventDefault()
  const form = new FormData(event.currentTarget)
  return (name: string) => String(form.get(name) ?? '')
}

export function AccountSheet({ session, onClose }: { session: Session; onClose: () => void }) {
  const account = session.account
  if (!account) return null
  return (
    <Modal title={account.name || account.email} onClose={onClose}>
      <div className="stack">
        <p className="quiet">{account.email}</p>
        <h3>Second factor</h3>
        <SecondFactor on={account.totp} />
        <h3>Password</h3>
        <Password withCode={account.totp} />
      </div>
    </Modal>
  )
}

/** From a password to six digits that only this person's telephone knows. */
export function SecondFactor({ on, onDone }: { on: boolean; onDone?: () => void }) {
  const queries = useQueryClient()
  const [begun, setBegun] = useState<Enrolment>()
  const after = async (text: string) => {
    setBegun(undefined)
    say({ text })
    await queries.invalidateQueries({ queryKey: ['session'] })
    onDone?.()
  }
  const begin = useMutation({ mutationFn: beginTotp, onSuccess: setBegun })
  const confirm = useMutation({ mutationFn: (code: string) => confirmTotp(begun?.id ?? '', code), onSuccess: () => after('From now on signing in takes a code as well') })
  const remove = useMutation({ mutationFn: ({ password, code }: { password: string; code: string }) => removeTotp(password, code), onSuccess: () => after('The second factor is gone') })
  if (on) {
    return (
      <form
        className="stack"
        onSubmit={(event) => {
          const text = texts(event)
          remove.mutate({ password: text('password'), code: text('code') })
        }}
      >
        <p>
          <span className="badge" data-kind="well">
            on
          </span>{' '}
          Signing in takes a code.
        </p>
        <Field name="password" label="Password" type="password" autoComplete="current-password" required />
        <Field name="code" label="Code" inputMode="numeric" autoComplete="one-time-code" required />
        {remove.isError && <Trouble error={remove.error} />}
        <button type="submit" className="button" disabled={remove.isPending}>
          Take it away
        </button>
      </form>
    )
  }
  if (begun) {
    return (
      <form
        className="stack"
        onSubmit={(event) => {
          const text = texts(event)
          confirm.mutate(text('code').replaceAll(' ', ''))
        }}
      >
        <p>Read this with an authenticator app, and write the six digits that it shows.</p>
        <img className="qr" src={`data:image/svg+xml,${encodeURIComponent(begun.qr)}`} alt="A picture that an authenticator app reads" width="192" height="192" />
        <p className="row">
          <span className="quiet">or by hand:</span> <code>{begun.secret}</code> <Copy text={begun.secret} />
        </p>
        <Field name="code" label="Code" inputMode="numeric" autoComplete="one-time-code" autoFocus required />
        {confirm.isError && <Trouble error={confirm.error} />}
        <button type="submit" className="button" data-kind="main" disabled={confirm.isPending}>
          Turn it on
        </button>
      </form>
    )
  }
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        const text = texts(event)
        begin.mutate(text('password'))
      }}
    >
      <p className="quiet">A code of your telephone, besides the password: whoever learns one of them cannot come in.</p>
      <Field name="password" label="Your password, once more" type="password" autoComplete="current-password" required />
      {begin.isError && <Trouble error={begin.error} />}
      <button type="submit" className="button" disabled={begin.isPending}>
        Set it up
      </button>
    </form>
  )
}

function Password({ withCode }: { withCode: boolean }) {
  const change = useMutation({
    mutationFn: (text: (name: string) => string) => changePassword(text('password'), text('new'), text('code') || undefined),
    onSuccess: () => say({ text: 'Your password is another one now' }),
  })
  return (
    <form className="stack" onSubmit={(event) => change.mutate(texts(event))}>
      <Field name="password" label="Password until now" type="password" autoComplete="current-password" required />
      <Field name="new" label="New password" type="password" autoComplete="new-password" minLength={10} required />
      {withCode && <Field name="code" label="Code" inputMode="numeric" autoComplete="one-time-code" required />}
      {change.isError && <Trouble error={change.error} />}
      <button type="submit" className="button" disabled={change.isPending}>
        Change it
      </button>
    </form>
  )
}
