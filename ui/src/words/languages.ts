// The languages of the screen. One more is a file beside this one, and a line here.

export const LANGUAGES = {
  en: { name: 'English', load: () => import('./en') },
  de: { name: 'Deutsch', load: () => import('./de') },
} as const

export type LanguageName = keyof typeof LANGUAGES
