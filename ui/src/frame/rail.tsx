import { Link } from '@tanstack/react-router'
import { Icon } from '../parts/icon'
import { ROOMS } from './places'

export function Rail() {
  return (
    <nav className="rail" aria-label="Rooms">
      <Link to="/board" className="rail-mark">
        <img src="/mark.svg" alt="" width="24" height="24" />
        <span>MagFlock</span>
      </Link>
      <ul>
        {ROOMS.map((room) => (
          <li key={room.to}>
            <Link to={room.to} className="rail-link" activeProps={{ 'aria-current': 'page' }}>
              <Icon path={room.icon} />
              <span>{room.name}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
