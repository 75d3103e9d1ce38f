// Somebody's own account: a second factor, another password.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { beginTotp, changePassword, confirmTotp, type Enrolment, removeTotp, type Session } from '../api/session'
import { Copy } from '../parts/copy'
import { Field } from '../parts/field'
import { Modal } from '../parts/modal'
import { say } from '../parts/toast'
import { Trouble } from '../parts/trouble'
import { t } from '../words/words'

const texts = (event: FormEvent<HTMLFormElement>) => {
  event.preventDefault()
  const form = new FormData(event.currentTarget)
  return (name: string) => String(form.get(name) ?? '')
}

export function AccountSheet({ session, onClose }: { session: Session; onClose: () => void }) {
  const account = session.account
  if (!account) return null
  return (
    <Modal title={account.name || account.email} onClose={onClose} named>
      <div className="stack">
        <p className="quiet" translate="no">{account.email}</p>
        <h3>{t('frame.secondFactor')}</h3>
        <SecondFactor on={account.totp} />
        <h3>{t('all.password')}</h3>
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
  const confirm = useMutation({ mutationFn: (code: string) => confirmTotp(begun?.id ?? '', code), onSuccess: () => after(t('frame.fromNowOnSigningIn')) })
  const remove = useMutation({ mutationFn: ({ password, code }: { password: string; code: string }) => removeTotp(password, code), onSuccess: () => after(t('frame.theSecondFactorIsGone')) })
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
            {t('frame.on')}
          </span>{' '}
          {t('frame.signingInTakesACode')}
        </p>
        <Field name="password" label={t('all.password')} type="password" autoComplete="current-password" required />
        <Field name="code" label={t('frame.code')} inputMode="numeric" autoComplete="one-time-code" required />
        {remove.isError && <Trouble error={remove.error} />}
        <button type="submit" className="button" disabled={remove.isPending}>
          {t('frame.takeItAway')}
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
        <p>{t('frame.readThisWithAnAuthenticator')}</p>
        <img className="qr" src={`data:image/svg+xml,${encodeURIComponent(begun.qr)}`} alt={t('frame.aPictureThatAnAuthenticator')} width="192" height="192" />
        <p className="row">
          <span className="quiet">{t('frame.orByHand')}</span> <code>{begun.secret}</code> <Copy text={begun.secret} />
        </p>
        <Field name="code" label={t('frame.code')} inputMode="numeric" autoComplete="one-time-code" autoFocus required />
        {confirm.isError && <Trouble error={confirm.error} />}
        <button type="submit" className="button" data-kind="main" disabled={confirm.isPending}>
          {t('frame.turnItOn')}
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
      <p className="quiet">{t('frame.aCodeOfYourTelephone')}</p>
      <Field name="password" label={t('frame.yourPasswordOnceMore')} type="password" autoComplete="current-password" required />
      {begin.isError && <Trouble error={begin.error} />}
      <button type="submit" className="button" disabled={begin.isPending}>
        {t('frame.setItUp')}
      </button>
    </form>
  )
}

function Password({ withCode }: { withCode: boolean }) {
  const change = useMutation({
    mutationFn: (text: (name: string) => string) => changePassword(text('password'), text('new'), text('code') || undefined),
    onSuccess: () => say({ text: t('frame.yourPasswordIsAnotherOne') }),
  })
  return (
    <form className="stack" onSubmit={(event) => change.mutate(texts(event))}>
      <Field name="password" label={t('frame.passwordUntilNow')} type="password" autoComplete="current-password" required />
      <Field name="new" label={t('frame.newPassword')} type="password" autoComplete="new-password" minLength={10} required />
      {withCode && <Field name="code" label={t('frame.code')} inputMode="numeric" autoComplete="one-time-code" required />}
      {change.isError && <Trouble error={change.error} />}
      <button type="submit" className="button" disabled={change.isPending}>
        {t('frame.changeIt')}
      </button>
    </form>
  )
}
