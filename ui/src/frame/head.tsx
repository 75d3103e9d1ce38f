import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useId, useState } from 'react'
import { call } from '../api/client'
import { readSession, signOut } from '../api/session'
import { applyLook, type Look, readLook } from '../look/look'
import { Menu } from '../parts/menu'
import { useLive } from '../parts/use-live'
import { LANGUAGES, type LanguageName } from '../words/languages'
import { chooseLanguage, chosenLanguage } from '../words/words'
import { t, known } from '../words/words'
import { openPalette } from './palette'
import { useSession } from './session-place'

const AccountSheet = lazy(() => import('./account-sheet').then((all) => ({ default: all.AccountSheet })))

/** The languages by their own names: whoever looks for one can read it. */
function LanguageChoice() {
  const id = useId()
  return (
    <div className="menu-language">
      <label htmlFor={id}>{t('frame.language')}</label>
      <select id={id} className="input" value={chosenLanguage() ?? ''} onChange={(event) => void chooseLanguage((event.target.value || undefined) as LanguageName | undefined)}>
        <option value="">{t('frame.languageOfBrowser')}</option>
        {Object.entries(LANGUAGES).map(([tag, one]) => (
          <option key={tag} value={tag} lang={tag} translate="no">
            {one.name}
          </option>
        ))}
      </select>
    </div>
  )
}

export function Head() {
  const session = useSession()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [look, setLook] = useState<Look>(readLook)
  const [account, setAccount] = useState(false)
  const status = useQuery({
    queryKey: ['board:status'],
    queryFn: () => call('board:status'),
  })
  useLive('health', () => queries.invalidateQueries({ queryKey: ['board:status'] }))
  const leave = async () => {
    await signOut()
    // First the way in, and then what was known is forgotten: no room asks for anything in between.
    queries.setQueryData(['session'], await readSession())
    queries.removeQueries({ predicate: (one) => one.queryKey[0] !== 'session' })
    await navigate({ to: '/board' })
  }
  return (
    <header className="head">
      <button type="button" className="head-find" onClick={() => openPalette()}>
        <span>{t('frame.findOrDoAnything')}</span>
        <kbd>{navigator.platform.startsWith('Mac') ? '⌘' : t('frame.ctrl')} K</kbd>
      </button>
      <Link to="/board" className="head-status" data-state={status.data?.status ?? 'unknown'}>
        <span aria-hidden="true" className="lamp" />
        {status.isError ? t('frame.noAnswer') : known(status.data?.status ?? '…')}
      </Link>
      <Menu label={<span translate="no">{session.who?.name ?? t('frame.you')}</span>}>
        <fieldset className="menu-look">
          <legend>{t('frame.look')}</legend>
          {(['auto', 'light', 'dark'] as const).map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="look"
                checked={look === one}
                onChange={() => {
                  applyLook(one)
                  setLook(one)
                }}
              />
              {t(`frame.look.${one}`)}
            </label>
          ))}
        </fieldset>
        <LanguageChoice />
        {session.account && (
          <button type="button" onClick={() => setAccount(true)}>
            {t('frame.yourAccount')}
          </button>
        )}
        <button type="button" onClick={() => void navigate({ to: '/welcome' })}>
          {t('all.firstSteps')}
        </button>
        <button type="button" onClick={leave}>
          {t('frame.signOut')}
        </button>
      </Menu>
      {account && (
        <Suspense fallback={null}>
          <AccountSheet session={session} onClose={() => setAccount(false)} />
        </Suspense>
      )}
    </header>
  )
}
