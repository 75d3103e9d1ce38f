// A button with a sheet below it. The browser's own popover closes it by Escape and by a click elsewhere.

import { type ReactNode, useId } from 'react'

export function Menu({ label, children }: { label: ReactNode; children: ReactNode }) {
  const id = useId()
  return (
    <div className="menu">
      <button type="button" className="button" data-kind="quiet" popoverTarget={id}>
        {label}
        <span aria-hidden="true"> ▾</span>
      </button>
      <div id={id} popover="auto" className="menu-sheet">
        {children}
      </div>
    </div>
  )
}
