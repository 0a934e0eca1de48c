import { useState } from 'preact/hooks'
import { Dialog, Fault, html } from './ui.js'

/**
 * Shows what an action comes to, asks for its reason, and then does it. Fields have default values, not values: the page is
 * drawn again every second, which would undo what is typed.
 * @param {{ title: string, verb: string, effect: unknown, fields?: unknown, isDangerous?: boolean, needsReason?: boolean,
 *   perform: (given: Record<string, any>) => Promise<unknown>, onClose: () => void, onDone?: (result: any) => void }} props
 */
export function Ask({
  title,
  verb,
  effect,
  fields,
  isDangerous,
  needsReason = true,
  perform,
  onClose,
  onDone,
}) {
  const [error, setError] = useState(/** @type {unknown} */ (null))
  const [isBusy, setIsBusy] = useState(false)
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault()
    const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget))
    setIsBusy(true)
    setError(null)
    try {
      const result = await perform(Object.fromEntries(form))
      onDone?.(result)
      onClose()
    } catch (fault) {
      setError(fault)
      setIsBusy(false)
    }
  }
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <div class="effect-box">${effect}</div>
    <form onSubmit=${submit}>
      ${fields}
      ${
        needsReason &&
        html`<label
          >Reason<input
            name="reason"
            required
            maxlength="200"
            autocomplete="off"
            placeholder="For the log: why?"
        /></label>`
      }
      <${Fault} error=${error} />
      <div class="buttons end">
        <button type="button" onClick=${onClose}>Cancel</button>
        <button type="submit" class=${isDangerous ? 'danger' : 'primary'} disabled=${isBusy}>
          ${isBusy ? 'Working …' : verb}
        </button>
      </div>
    </form>
  <//>`
}
