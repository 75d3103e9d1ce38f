// A sheet above the screen. It is the browser's own dialog: focus stays in it, Escape closes it.

import { type ReactNode, useEffect, useRef } from 'react'

interface ModalProps {
  title: string
  onClose: () => void
  children: ReactNode
  wide?: boolean
  /** Without a visible head. */
  bare?: boolean
}

export function Modal({ title, onClose, children, wide, bare }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const sheet = dialog.current
    if (sheet && !sheet.open) sheet.showModal()
    return () => sheet?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      className="modal"
      data-wide={wide || undefined}
      data-bare={bare || undefined}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose()
      }}
    >
      <div className="modal-inside">
        {!bare && (
          <div className="modal-head">
            <h2>{title}</h2>
            <button type="button" className="button" data-kind="quiet" onClick={onClose} aria-label="Close">
              ✕
            </button>
          </div>
        )}
        {children}
      </div>
    </dialog>
  )
}
