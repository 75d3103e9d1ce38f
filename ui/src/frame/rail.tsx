import { Link, useLocation } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { Icon } from '../parts/icon'
import { t } from '../words/words'
import { ROOMS } from './places'

export function Rail() {
  const { pathname } = useLocation()
  const rail = useRef<HTMLElement>(null)
  // On a telephone the rail scrolls when its words are long: where one is stays in sight.
  useEffect(() => {
    if (pathname) rail.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [pathname])
  return (
    <nav ref={rail} className="rail" aria-label={t('frame.rooms')}>
      <Link to="/board" className="rail-mark">
        <img src="/mark.svg" alt="" width="24" height="24" />
        <span translate="no">MagFlock</span>
      </Link>
      <ul>
        {ROOMS.map((room) => (
          <li key={room.to}>
            <Link to={room.to} className="rail-link" activeProps={{ 'aria-current': 'page' }}>
              <Icon path={room.icon} />
              <span>{t(room.name)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
