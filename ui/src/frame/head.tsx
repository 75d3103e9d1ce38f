import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { call } from '../api/client'
import { readSession, signOut } from '../api/session'
import { applyLook, type Look, readLook } from '../look/look'
import { Menu } from '../parts/menu'
import { useLive } from '../parts/use-live'
import { openPalette } from './palette'
import { useSession } from './session-place'

const AccountSheet = lazy(() => import('./account-sheet').then((all) => ({ default: all.AccountSheet })))

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
        <span>Find or do anything</span>
        <kbd>{navigator.platform.startsWith('Mac') ? '⌘' : 'Ctrl'} K</kbd>
      </button>
      <Link to="/board" className="head-status" data-state={status.data?.status ?? 'unknown'}>
        <span aria-hidden="true" className="lamp" />
        {status.isError ? 'no answer' : (status.data?.status ?? '…')}
      </Link>
      <Menu label={session.who?.name ?? 'You'}>
        <fieldset className="menu-look">
          <legend>Look</legend>
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
              {one === 'auto' ? 'as the machine' : one}
            </label>
          ))}
        </fieldset>
        {session.account && (
          <button type="button" onClick={() => setAccount(true)}>
            Your account
          </button>
        )}
        <button type="button" onClick={() => void navigate({ to: '/welcome' })}>
          First steps
        </button>
        <button type="button" onClick={leave}>
          Sign out
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
