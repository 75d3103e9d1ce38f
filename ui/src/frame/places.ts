// The rooms of the screen, in the order of the rail. The rail and the palette read this list.

import type { Plain } from '../words/words'

export interface Room {
  to: '/board' | '/data' | '/query' | '/policies' | '/people' | '/api' | '/events' | '/settings'
  name: Plain
  about: Plain
  /** A path of the icon, 24 by 24, drawn with a stroke. */
  icon: string
}

export const ROOMS: Room[] = [
  { to: '/board', name: 'room.board', about: 'room.board.about', icon: 'M4 4h16v16H4zM9 9h6v6H9zM9 1v3M15 1v3M9 20v3M15 20v3M1 9h3M1 15h3M20 9h3M20 15h3' },
  { to: '/data', name: 'room.data', about: 'room.data.about', icon: 'M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v6c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12v6c0 1.7 3.6 3 8 3s8-1.3 8-3v-6' },
  { to: '/query', name: 'room.query', about: 'room.query.about', icon: 'M4 5l6 6-6 6M12 19h8' },
  { to: '/policies', name: 'room.policies', about: 'room.policies.about', icon: 'M12 3l8 3v6c0 5-3.5 8-8 9-4.5-1-8-4-8-9V6zM9 12l2 2 4-4' },
  { to: '/people', name: 'room.people', about: 'room.people.about', icon: 'M9 11a4 4 0 100-8 4 4 0 000 8zM2 21c0-4 3-6 7-6s7 2 7 6M17 11a3.5 3.5 0 000-7M22 20c0-3-1.6-4.8-4-5.5' },
  { to: '/api', name: 'room.api', about: 'room.api.about', icon: 'M8 7l-5 5 5 5M16 7l5 5-5 5M14 4l-4 16' },
  { to: '/events', name: 'room.events', about: 'room.events.about', icon: 'M3 12h4l3-8 4 16 3-8h4' },
  { to: '/settings', name: 'room.settings', about: 'room.settings.about', icon: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 4v6M8 14v6' },
]
