// What stays while screens change: the way in, the rail, the head with palette and status.

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'
import { useEffect } from 'react'
import { whenSignedOut } from '../api/client'
import { readSession } from '../api/session'
import { Trouble } from '../parts/trouble'
import { Waiting } from '../parts/waiting'
import { t } from '../words/words'
import { Head } from './head'
import { Palette } from './palette'
import { Rail } from './rail'
import { SessionPlace } from './session-place'
import { WayIn } from './way-in'

export function Frame() {
  const queries = useQueryClient()
  const session = useQuery({ queryKey: ['session'], queryFn: readSession, staleTime: 60_000 })
  useEffect(() => whenSignedOut(() => queries.invalidateQueries({ queryKey: ['session'] })), [queries])

  if (session.isPending) return <Waiting what={t('frame.readingTheBoard')} />
  if (session.isError) return <Trouble error={session.error} again={() => session.refetch()} />
  if (!session.data.signed_in) return <WayIn session={session.data} />
  return (
    <SessionPlace value={session.data}>
      <a className="skip" href="#main">
        {t('frame.toTheContent')}
      </a>
      <div className="frame">
        <Rail />
        <Head />
        <main id="main" className="frame-main" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <Palette />
    </SessionPlace>
  )
}
