// A sheet above the screen. It is the browser's own dialog: focus stays in it, Escape closes it.

import { type ReactNode, useEffect, useRef } from 'react'
import { t } from '../words/words'

interface ModalProps {
  title: string
  onClose: () => void
  children: ReactNode
  wide?: boolean
  /** Its title is what the board says, in its own words. */
  board?: boolean
  /** Its title is the name of something. */
  named?: boolean
  /** Without a visible head. */
  bare?: boolean
}

export function Modal({ title, onClose, children, wide, bare, board, named }: ModalProps) {
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
            <h2 lang={board ? 'en' : undefined} translate={named ? 'no' : undefined}>{title}</h2>
            <button type="button" className="button" data-kind="quiet" onClick={onClose} aria-label={t('parts.close')}>
              ✕
            </button>
          </div>
        )}
        {children}
      </div>
    </dialog>
  )
}
