// Light, dark, or as the machine has it: kept in this browser.

export type Look = 'auto' | 'light' | 'dark'
const KEY = 'magflock.look'

export function readLook(): Look {
  const kept = localStorage.getItem(KEY)
  return kept === 'light' || kept === 'dark' ? kept : 'auto'
}

export function applyLook(look: Look = readLook()) {
  if (look === 'auto') {
    document.documentElement.removeAttribute('data-look')
    localStorage.removeItem(KEY)
  } else {
    document.documentElement.dataset.look = look
    localStorage.setItem(KEY, look)
  }
}
