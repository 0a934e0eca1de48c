import { get } from './api.js'
import { count, milliseconds, moment } from './format.js'
import { useList } from './useList.js'
import { Empty, Fault, Section, TableFrame, html } from './ui.js'

const READ_EVERY_MS = 10_000

/** The customers that others wait for. @param {{ atMs: number }} props */
export function Backlogs({ atMs }) {
  const { answer, error } = useList(() => get('/ops/api/backlogs'), [Math.floor(atMs / READ_EVERY_MS)])
  const rows = answer?.customers ?? []
  return html`<${Section}
    title="Whom others wait for"
    hint="The customers with the most normal messages waiting, and with the largest share of what relays took in the last minute."
  >
    <${Fault} error=${error} />
    ${rows.length === 0 ? html`<${Empty}>${answer ? 'No customer.' : 'Reading …'}<//>` : html`<${Rows} rows=${rows} />`}
  <//>`
}

/** @param {{ rows: any[] }} props */
function Rows({ rows }) {
  return html`<${TableFrame} label="Whom others wait for">
    <thead>
      <tr>
        <th scope="col">Customer</th>
        <th scope="col">Weight</th>
        <th scope="col">Parts waiting, about</th>
        <th scope="col">Oldest since</th>
        <th scope="col">Share</th>
        <th scope="col">Mean wait</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (each) =>
          html`<tr key=${each.user_id}>
            <th scope="row">
              <a href=${`#/customers/${each.user_id}`}>${each.name ?? each.user_id}</a>
            </th>
            <td class="number">${each.weight ?? ''}</td>
            <td class="number">${count(each.parts)}</td>
            <td>${each.oldest_at ? moment(each.oldest_at) : ''}</td>
            <td class="number">${`${(each.share * 100).toFixed(1)} %`}</td>
            <td class="number">${each.wait_ms === null ? '' : milliseconds(each.wait_ms)}</td>
          </tr>`,
      )}
    </tbody>
  <//>`
}
