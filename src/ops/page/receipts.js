import { useState } from 'preact/hooks'
import { carryOut } from './actions.js'
import { get } from './api.js'
import { Ask } from './ask.js'
import { useChoice } from './choice.js'
import { count, moment, plural } from './format.js'
import { useList } from './useList.js'
import { Empty, Fault, Section, TableFrame, html } from './ui.js'

const SHOWN = 100

/** Receipts that matched no message for a day. @param {{ counts: any }} props */
export function Receipts({ counts }) {
  const read = () => get(`/v1/admin/receipts?state=orphan&limit=${SHOWN}`)
  const { answer, error, again } = useList(read, [counts.orphan])
  const [isAsked, setIsAsked] = useState(false)
  const [said, setSaid] = useState('')
  const rows = answer?.receipts ?? []
  const choice = useChoice(rows.map((/** @type {any} */ { id }) => id))
  const done = (/** @type {any} */ { retried }) => {
    setSaid(`${plural(retried, 'receipt')} tried again; what matches nothing comes back.`)
    choice.clear()
    again()
  }
  const actions =
    choice.ids.length > 0 &&
    html`<button type="button" class="primary" onClick=${() => setIsAsked(true)}>
      Try ${choice.ids.length} again
    </button>`
  return html`<${Section}
    title="Receipts without a message"
    hint=${`${plural(counts.orphan, 'receipt')} given up after a day; ${count(counts.waiting)} are still tried.`}
    actions=${actions}
  >
    <${Fault} error=${error} />
    <p role="status" class="said">${said}</p>
    ${rows.length === 0 ? html`<${Empty}>None.<//>` : html`<${Rows} rows=${rows} choice=${choice} />`}
    ${
      isAsked &&
      html`<${Ask}
        title=${`Try ${plural(choice.ids.length, 'receipt')} again`}
        verb="Try again"
        effect=${html`<p>Each is matched once more. A receipt moves no money, and a message that is finished stays so.</p>`}
        perform=${(/** @type {any} */ { reason }) => carryOut('receipts.retry', { ids: choice.ids }, reason)}
        onClose=${() => setIsAsked(false)}
        onDone=${done}
      />`
    }
  <//>`
}

/** @param {{ rows: any[], choice: ReturnType<typeof useChoice> }} props */
function Rows({ rows, choice }) {
  return html`<${TableFrame} label="Receipts without a message">
    <thead>
      <tr>
        ${choice.head}
        <th scope="col">Came</th>
        <th scope="col">Operator</th>
        <th scope="col">Reason</th>
        <th scope="col">As it came</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (each) =>
          html`<tr key=${each.id}>
            ${choice.cell(each.id, each.id)}
            <td>${moment(each.received_at)}</td>
            <td>${each.operator}</td>
            <td>${each.reason ?? 'not tried yet'}</td>
            <td class="mono clip">${each.raw}</td>
          </tr>`,
      )}
    </tbody>
  <//>`
}
