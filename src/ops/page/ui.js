import { h } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import htm from 'htm'

/** Markup without a build step. */
export const html = htm.bind(h)

/** A state in a word, with a shape and a colour of its own. @param {{ tone: string, children?: unknown }} props */
export function Badge({ tone, children }) {
  return html`<span class="badge ${tone}">${children}</span>`
}

/** @param {{ title: string, level?: number, hint?: string, children?: unknown, actions?: unknown }} props */
export function Section({ title, hint, children, actions }) {
  return html`<section class="card">
    <header class="card-head">
      <div>
        <h2>${title}</h2>
        ${hint && html`<p class="hint">${hint}</p>`}
      </div>
      ${actions && html`<div class="buttons">${actions}</div>`}
    </header>
    ${children}
  </section>`
}

/** A table that scrolls on a narrow screen, also by the keyboard. @param {{ label: string, children?: unknown }} props */
export function TableFrame({ label, children }) {
  return html`<div class="table-frame" role="region" aria-label=${label} tabindex="0">
    <table>
      <caption class="visually-hidden">
        ${label}
      </caption>
      ${children}
    </table>
  </div>`
}

/** @param {{ children?: unknown }} props */
export function Empty({ children }) {
  return html`<p class="empty">${children}</p>`
}

/** What went wrong, read out at once. @param {{ error: unknown }} props */
export function Fault({ error }) {
  if (!error) return null
  const text = error instanceof Error ? error.message : String(error)
  return html`<p class="fault" role="alert">${text}</p>`
}

/**
 * A modal dialog, which the browser itself keeps the focus in and closes by Escape.
 * @param {{ title: string, onClose: () => void, children?: unknown }} props
 */
export function Dialog({ title, onClose, children }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null))
  useEffect(() => {
    const opener = /** @type {HTMLElement | null} */ (document.activeElement)
    dialog.current?.showModal()
    return () => opener?.focus()
  }, [])
  return html`<dialog ref=${dialog} aria-labelledby="dialog-title" onClose=${onClose}>
    <h2 id="dialog-title">${title}</h2>
    ${children}
  </dialog>`
}
