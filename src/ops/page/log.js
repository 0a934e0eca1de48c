import { useState } from 'preact/hooks'
import { get } from './api.js'
import { moment } from './format.js'
import { useList } from './useList.js'
import { Badge, Empty, Fault, Section, TableFrame, html } from './ui.js'

const PAGE = 50
/** @type {Record<string, string>} */
const TONES = { done: 'good', failed: 'bad', running: 'warn', requested: 'warn' }

/** What people did. */
export function Log() {
  const [cursor, setCursor] = useState(/** @type {string | null} */ (null))
  const log = useList(
    () => get(`/v1/admin/log?limit=${PAGE}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`),
    [cursor],
  )
  const actions = useList(() => get('/ops/api/actions'), [])
  return html`
    <${Section} title="Actions of relays" hint="What was asked for here, newest first; kept for a week.">
      <${Fault} error=${actions.error} />
      <${Actions} rows=${actions.answer?.actions ?? []} />
    <//>
    <${Section}
      title="Changes"
      hint="Of customers, keys, money, prices and operators, newest first."
      actions=${html`
        ${cursor && html`<button type="button" onClick=${() => setCursor(null)}>Newest</button>`}
        ${log.answer?.next_cursor && html`<button type="button" onClick=${() => setCursor(log.answer.next_cursor)}>Older</button>`}
      `}
    >
      <${Fault} error=${log.error} />
      <${Changes} rows=${log.answer?.entries ?? []} />
    <//>
  `
}

/** @param {{ rows: any[] }} props */
function Actions({ rows }) {
  if (rows.length === 0) return html`<${Empty}>None.<//>`
  return html`<${TableFrame} label="Actions of relays">
    <thead>
      <tr>
        <th scope="col">When</th>
        <th scope="col">What</th>
        <th scope="col">Who</th>
        <th scope="col">Why</th>
        <th scope="col">State</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (each) =>
          html`<tr key=${each.id}>
            <td>${moment(each.created_at)}</td>
            <th scope="row">${each.kind}</th>
            <td>${each.actor}</td>
            <td>${each.reason}</td>
            <td><${Badge} tone=${TONES[each.state]}>${each.state}<//></td>
          </tr>`,
      )}
    </tbody>
  <//>`
}

/** @param {{ rows: any[] }} props */
function Changes({ rows }) {
  if (rows.length === 0) return html`<${Empty}>None.<//>`
  return html`<${TableFrame} label="Changes">
    <thead>
      <tr>
        <th scope="col">When</th>
        <th scope="col">What</th>
        <th scope="col">Who</th>
        <th scope="col">Customer</th>
        <th scope="col">Details</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (each) =>
          html`<tr key=${each.id}>
            <td>${moment(each.created_at)}</td>
            <th scope="row">${each.action}</th>
            <td>${each.actor}</td>
            <td>${each.user_id ?? 'all'}</td>
            <td class="mono clip">${JSON.stringify(each.details)}</td>
          </tr>`,
      )}
    </tbody>
  <//>`
}
