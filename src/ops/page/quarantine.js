import { useState } from 'preact/hooks'
import { carryOut, sayResults } from './actions.js'
import { get, post } from './api.js'
import { Ask } from './ask.js'
import { useChoice } from './choice.js'
import { moment, money, plural } from './format.js'
import { useList } from './useList.js'
import { Empty, Fault, Section, TableFrame, html } from './ui.js'

/** @type {Record<string, { verb: string, says: (effect: any, currency: string) => string[] }>} */
const DECISIONS = {
  retry: {
    verb: 'Send again',
    says: () => [
      'They are submitted again under the same reference, marked as possible duplicates.',
      'It costs nothing and refunds nothing.',
    ],
  },
  failed: {
    verb: 'Fail and refund',
    says: ({ price }, currency) => ['They are not sent.', `${money(price, currency)} are refunded.`],
  },
  sent: {
    verb: 'Mark as sent',
    says: () => ['An operator took them; no operator is named.', 'They stay paid for; nothing is refunded.'],
  },
}

/** Messages that are neither sent nor refunded until a person decides. @param {{ count: number, session: any }} props */
export function Quarantine({ count: number, session }) {
  const { answer, error, again } = useList(() => get('/ops/api/quarantine'), [number])
  const [asked, setAsked] = useState(/** @type {{ decision: string, effect: any } | null} */ (null))
  const [said, setSaid] = useState('')
  const [fault, setFault] = useState(/** @type {unknown} */ (null))
  const rows = (answer?.recipients ?? []).map((/** @type {any} */ each) => ({
    ...each,
    key: `${each.id}:${each.no}`,
  }))
  const choice = useChoice(rows.map((/** @type {any} */ { key }) => key))
  const recipients = rows
    .filter((/** @type {any} */ { key }) => choice.ids.includes(key))
    .map((/** @type {any} */ { id, no }) => ({ id, no }))
  const ask = (/** @type {string} */ decision) => async () => {
    try {
      setAsked({ decision, effect: await post('/ops/api/quarantine/effect', { recipients }) })
    } catch (problem) {
      setFault(problem)
    }
  }
  const done = (/** @type {any} */ results) => {
    setSaid(sayResults(results))
    choice.clear()
    again()
  }
  const actions =
    choice.ids.length > 0 &&
    Object.entries(DECISIONS).map(
      ([decision, { verb }]) =>
        html`<button type="button" class=${decision === 'failed' ? 'danger' : ''} onClick=${ask(decision)}>
          ${verb}
        </button>`,
    )
  return html`<${Section}
    title="Quarantine"
    hint="An operator may have these, and their attempts are used up: neither sent nor refunded until you or a receipt decides."
    actions=${actions}
  >
    <${Fault} error=${error ?? fault} />
    <p role="status" class="said">${said}</p>
    ${rows.length === 0 ? html`<${Empty}>None.<//>` : html`<${Rows} rows=${rows} choice=${choice} />`}
    ${
      asked &&
      html`<${Ask}
        title=${`${DECISIONS[asked.decision].verb}: ${plural(asked.effect.recipients, 'recipient')}`}
        verb=${DECISIONS[asked.decision].verb}
        isDangerous=${asked.decision === 'failed'}
        effect=${html`<ul class="effect">
          <li>
            ${plural(asked.effect.recipients, 'recipient')} of ${plural(asked.effect.customers, 'customer')}.
          </li>
          ${DECISIONS[asked.decision].says(asked.effect, session.currency).map((line) => html`<li>${line}</li>`)}
        </ul>`}
        perform=${(/** @type {any} */ { reason }) => carryOut('quarantine.decide', { decision: asked.decision, recipients }, reason)}
        onClose=${() => setAsked(null)}
        onDone=${done}
      />`
    }
  <//>`
}

/** @param {{ rows: any[], choice: ReturnType<typeof useChoice> }} props */
function Rows({ rows, choice }) {
  return html`<${TableFrame} label="Quarantined recipients">
    <thead>
      <tr>
        ${choice.head}
        <th scope="col">Message and recipient</th>
        <th scope="col">Customer</th>
        <th scope="col">Since</th>
        <th scope="col">Reason</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (each) =>
          html`<tr key=${each.key}>
            ${choice.cell(each.key, each.key)}
            <th scope="row"><a class="mono" href=${`#/messages/${each.id}`}>${each.id}</a> no. ${each.no}</th>
            <td><a href=${`#/customers/${each.user_id}`}>${each.user_id}</a></td>
            <td>${moment(each.created_at)}</td>
            <td>${each.reason}</td>
          </tr>`,
      )}
    </tbody>
  <//>`
}
