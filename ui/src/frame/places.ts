// The rooms of the screen, in the order of the rail. The rail and the palette read this list.

export interface Room {
  to: '/board' | '/events' | '/settings'
  name: string
  about: string
  /** A path of the icon, 24 by 24, drawn with a stroke. */
  icon: string
}

export const ROOMS: Room[] = [
  { to: '/board', name: 'Board', about: 'parts, health, traffic', icon: 'M4 4h16v16H4zM9 9h6v6H9zM9 1v3M15 1v3M9 20v3M15 20v3M1 9h3M1 15h3M20 9h3M20 15h3' },
  { to: '/events', name: 'Events and logs', about: 'the bus as it speaks, jobs, logs, audit', icon: 'M3 12h4l3-8 4 16 3-8h4' },
  { to: '/settings', name: 'Settings', about: 'every setting and its origin', icon: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 4v6M8 14v6' },
]
