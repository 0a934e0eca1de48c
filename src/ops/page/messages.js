import { useEffect, useState } from 'preact/hooks'
import { get } from './api.js'
import { count, moment, plural } from './format.js'
import { Timeline } from './timeline.js'
import { Badge, Empty, Fault, Section, TableFrame, html } from './ui.js'

/** @param {{ path: string[], session: any }} props */
export function Messages({ path, session }) {
  const [first = '', ...rest] = path
  const [query, setQuery] = useState('')
  const [result, setResult] = useState(/** @type {any} */ (null))
  const [error, setError] = useState(/** @type {unknown} */ (null))
  const look = async (/** @type {string} */ text, /** @type {string | null} */ before = null) => {
    setError(null)
    try {
      const found = await get(
        `/ops/api/search?${new URLSearchParams({ q: text, ...(before ? { before } : {}) })}`,
      )
      setResult((/** @type {any} */ earlier) =>
        before ? { ...found, messages: [...earlier.messages, ...found.messages] } : found,
      )
      const [only, more] = found.messages
      if (!before && only && !more && !found.next_before) open(only)
    } catch (fault) {
      setError(fault)
    }
  }
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault()
    const text = String(new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)).get('q')).trim()
    setQuery(text)
    setResult(null)
    void look(text)
  }
  useEffect(() => setError(null), [first])
  return html`
    <form class="search card" role="search" onSubmit=${submit}>
      <label>
        Identifier, number or reference
        <input
          name="q"
          type="search"
          required
          maxlength="256"
          autocomplete="off"
          placeholder="019bd5a1-… or +98912… or order-4711"
        />
      </label>
      <button type="submit" class="primary">Find</button>
    </form>
    <${Fault} error=${error} />
    ${result && html`<${Results} result=${result} query=${query} chosen=${first} onMore=${() => look(query, result.next_before)} />`}
    ${first && html`<${Timeline} key=${path.join('/')} id=${first} to=${rest[0]} session=${session} />`}
  `
}

/** @param {any} message */
function addressOf({ message_id: id, to }) {
  return `#/messages/${id}${to ? `/${encodeURIComponent(to)}` : ''}`
}

/** @param {any} message */
function open(message) {
  location.hash = addressOf(message)
}

/** @param {{ result: any, query: string, chosen: string, onMore: () => void }} props */
function Results({ result, query, chosen, onMore }) {
  const { messages, next_before: before, looked_back_to: oldest } = result
  const more =
    before &&
    html`<button type="button" onClick=${onMore}>
      Look further back${oldest && html` than ${moment(oldest)}`}
    </button>`
  return html`<${Section} title=${`${plural(messages.length, 'message')} for “${query}”`} actions=${more}>
    ${
      messages.length === 0
        ? html`<${Empty}>Nothing found${before ? ' among the newest 20,000 recipients.' : '.'}<//>`
        : html`<${TableFrame} label="Messages found">
            <thead>
              <tr>
                <th scope="col">Message</th>
                <th scope="col">Accepted</th>
                <th scope="col">Customer</th>
                <th scope="col">Type</th>
                <th scope="col">Recipients</th>
                <th scope="col">Found by</th>
              </tr>
            </thead>
            <tbody>
              ${messages.map(
                (/** @type {any} */ each) =>
                  html`<tr key=${addressOf(each)} class=${each.message_id === chosen ? 'chosen' : ''}>
                    <th scope="row"><a class="mono" href=${addressOf(each)}>${each.message_id}</a></th>
                    <td>${moment(each.created_at)}</td>
                    <td><a href=${`#/customers/${each.user_id}`}>${each.user_id}</a></td>
                    <td><${Badge} tone=${each.type === 'express' ? 'express' : 'idle'}>${each.type}<//></td>
                    <td>${count(each.recipients)}</td>
                    <td>${each.by}</td>
                  </tr>`,
              )}
            </tbody>
          <//>`
    }
  <//>`
}
