import { useState } from 'preact/hooks'
import { html } from './ui.js'

/**
 * Rows that a person picks from a table.
 * @param {string[]} ids of the rows that are shown
 */
export function useChoice(ids) {
  const [chosen, setChosen] = useState(/** @type {ReadonlySet<string>} */ (new Set()))
  const present = ids.filter((id) => chosen.has(id))
  const toggle = (/** @type {string} */ id) =>
    setChosen(
      (before) => new Set(before.has(id) ? [...before].filter((each) => each !== id) : [...before, id]),
    )
  const all = ids.length > 0 && present.length === ids.length
  return {
    ids: present,
    clear: () => setChosen(new Set()),
    head: html`<th scope="col">
      <input
        type="checkbox"
        aria-label="Choose all"
        checked=${all}
        onChange=${() => setChosen(new Set(all ? [] : ids))}
      />
    </th>`,
    cell: (/** @type {string} */ id, /** @type {string} */ name) =>
      html`<td>
        <input
          type="checkbox"
          aria-label=${`Choose ${name}`}
          checked=${chosen.has(id)}
          onChange=${() => toggle(id)}
        />
      </td>`,
  }
}
