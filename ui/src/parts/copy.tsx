import { useState } from 'react'
import { t } from '../words/words'

export function Copy({ text, label = t('parts.copy') }: { text: string; label?: string }) {
  const [done, setDone] = useState(false)
  return (
    <button
      type="button"
      className="button"
      data-kind="quiet"
      onClick={async () => {
        await navigator.clipboard.writeText(text)
        setDone(true)
        setTimeout(() => setDone(false), 1_500)
      }}
    >
      {done ? t('parts.copied') : label}
    </button>
  )
}
