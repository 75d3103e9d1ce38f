// The rooms of the screen, in the order of the rail. The rail and the palette read this list.

export interface Room {
  to: '/board'
  name: string
  about: string
  /** A path of the icon, 24 by 24, drawn with a stroke. */
  icon: string
}

export const ROOMS: Room[] = [
  { to: '/board', name: 'Board', about: 'parts, health, traffic', icon: 'M4 4h16v16H4zM9 9h6v6H9zM9 1v3M15 1v3M9 20v3M15 20v3M1 9h3M1 15h3M20 9h3M20 15h3' },
]
