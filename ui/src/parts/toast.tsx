// A short word about what has just happened, with a way back where there is one.

import { useEffect, useState } from 'react'
import { t } from '../words/words'

export interface Toast {
  text: string
  kind?: 'well' | 'bad'
  undo?: () => void
}

const LASTS_MS = 8_000
let number = 0

export function say(toast: Toast) {
  window.dispatchEvent(new CustomEvent('toast', { detail: toast }))
}

export function ToastShelf() {
  const [shown, setShown] = useState<(Toast & { id: number })[]>([])
  useEffect(() => {
    const hear = (event: Event) => {
      const id = ++number
      const toast = (event as CustomEvent<Toast>).detail
      setShown((before) => [...before.slice(-3), { ...toast, id }])
      setTimeout(() => setShown((before) => before.filter((one) => one.id !== id)), LASTS_MS)
    }
    window.addEventListener('toast', hear)
    return () => window.removeEventListener('toast', hear)
  }, [])
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((toast) => (
        <p key={toast.id} className="toast" data-kind={toast.kind ?? 'well'}>
          <span>{toast.text}</span>
          {toast.undo && (
            <button
              type="button"
              className="button"
              data-kind="quiet"
              onClick={() => {
                toast.undo?.()
                setShown((before) => before.filter((one) => one.id !== toast.id))
              }}
            >
              {t('all.undo')}
            </button>
          )}
        </p>
      ))}
    </div>
  )
}
