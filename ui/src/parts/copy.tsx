import { useState } from 'react'

export function Copy({ text, label = 'Copy' }: { text: string; label?: string }) {
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
      {done ? 'Copied' : label}
    </button>
  )
}
