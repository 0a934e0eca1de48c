import { useState } from 'preact/hooks'
import { carryOut } from './actions.js'
import { get } from './api.js'
import { Ask } from './ask.js'
import { count, moment } from './format.js'
import { useList } from './useList.js'
import { Empty, Fault, Section, TableFrame, html } from './ui.js'

/** @type {Record<string, string>} */
const REASONS = { gone: 'answered 410', failing: 'failed for days' }

/** Endpoints of customers that get no events any more. @param {{ count: number }} props */
export function Webhooks({ count: number }) {
  const { answer, error, again } = useList(() => get('/ops/api/webhooks'), [number])
  const [asked, setAsked] = useState(/** @type {{ endpoint: any, isReplay: boolean } | null} */ (null))
  const rows = answer?.endpoints ?? []
  return html`<${Section}
    title="Disabled webhooks"
    hint="Their customers are told by a test that succeeds, or by you."
  >
    <${Fault} error=${error} />
    ${
      rows.length === 0
        ? html`<${Empty}>None.<//>`
        : html`<${TableFrame} label="Disabled webhooks">
            <thead>
              <tr>
                <th scope="col">Address</th>
                <th scope="col">Customer</th>
                <th scope="col">Why</th>
                <th scope="col">Since</th>
                <th scope="col">Last event tried</th>
                <th scope="col">What to do</th>
              </tr>
            </thead>
            <tbody>
              ${rows.map(
                (/** @type {any} */ each) =>
                  html`<tr key=${each.endpoint_id}>
                    <th scope="row" class="clip">${each.url}</th>
                    <td><a href=${`#/customers/${each.user_id}`}>${each.user_id}</a></td>
                    <td>${REASONS[each.reason] ?? each.reason}</td>
                    <td>${moment(each.updated_at)}</td>
                    <td>${count(each.position)}</td>
                    <td class="buttons">
                      <button type="button" onClick=${() => setAsked({ endpoint: each, isReplay: false })}>
                        Resume<span class="visually-hidden"> ${each.url}</span>
                      </button>
                      <button type="button" onClick=${() => setAsked({ endpoint: each, isReplay: true })}>
                        Replay<span class="visually-hidden"> ${each.url}</span>
                      </button>
                    </td>
                  </tr>`,
              )}
            </tbody>
          <//>`
    }
    ${asked && html`<${Decide} ...${asked} onClose=${() => setAsked(null)} onDone=${again} />`}
  <//>`
}

/** @param {{ endpoint: any, isReplay: boolean, onClose: () => void, onDone: () => void }} props */
function Decide({ endpoint, isReplay, onClose, onDone }) {
  const key = { user_id: endpoint.user_id, endpoint_id: endpoint.endpoint_id }
  if (!isReplay)
    return html`<${Ask}
      title="Resume a webhook"
      verb="Resume"
      effect=${html`<p>Deliveries to <strong>${endpoint.url}</strong> go on where they stopped, at once.</p>`}
      perform=${(/** @type {any} */ { reason }) => carryOut('webhook.resume', key, reason)}
      onClose=${onClose}
      onDone=${onDone}
    />`
  return html`<${Ask}
    title="Replay events"
    verb="Replay"
    effect=${html`<p>Every event after the number is sent again once the endpoint is active, also what was delivered.</p>`}
    fields=${html`<label>After event<input name="after" type="number" min="0" required defaultValue=${endpoint.position} /></label>`}
    perform=${(/** @type {any} */ { after, reason }) => carryOut('webhook.replay', { ...key, after: Number(after) }, reason)}
    onClose=${onClose}
    onDone=${onDone}
  />`
}
