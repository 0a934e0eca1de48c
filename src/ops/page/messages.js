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
  const [isLooking, setIsLooking] = useState(false)
  const look = async (/** @type {string} */ text, /** @type {Record<string, string>} */ start) => {
    setError(null)
    setIsLooking(true)
    try {
      const found = await get(`/ops/api/search?${new URLSearchParams({ q: text, ...start })}`)
      setResult((/** @type {any} */ earlier) =>
        start['from'] ? { ...found, messages: [...earlier.messages, ...found.messages] } : found,
      )
      const [only, more] = found.messages
      if (!start['from'] && only && !more && !found.next_from) open(only)
    } catch (fault) {
      setError(fault)
    } finally {
      setIsLooking(false)
    }
  }
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault()
    const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget))
    const text = String(form.get('q')).trim()
    const until = String(form.get('until'))
    setQuery(text)
    setResult(null)
    void look(text, until ? { until: new Date(until).toISOString() } : {})
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
      <label>
        Look back from
        <input name="until" type="datetime-local" />
      </label>
      <button type="submit" class="primary" disabled=${isLooking}>Find</button>
    </form>
    <${Fault} error=${error} />
    ${result && html`<${Results} result=${result} query=${query} chosen=${first} isLooking=${isLooking} onMore=${() => look(query, { from: result.next_from })} />`}
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

/** @param {{ result: any, query: string, chosen: string, isLooking: boolean, onMore: () => void }} props */
function Results({ result, query, chosen, isLooking, onMore }) {
  const { messages, next_from: next, looked_back_to: oldest } = result
  const more =
    next &&
    html`<button type="button" onClick=${onMore} disabled=${isLooking}>
      Look further back than ${moment(oldest)}
    </button>`
  return html`<${Section} title=${`${plural(messages.length, 'message')} for “${query}”`} actions=${more}>
    ${
      messages.length === 0
        ? html`<${Empty}>Nothing found${next ? ` back to ${moment(oldest)}.` : '.'}<//>`
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
