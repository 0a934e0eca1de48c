import { useState } from 'preact/hooks'
import { get, newKey, post } from './api.js'
import { Ask } from './ask.js'
import { count, money } from './format.js'
import { Keys } from './keys.js'
import { useList } from './useList.js'
import { Fault, Section, html } from './ui.js'

/** @param {{ id: string, session: any, onChanged: () => void }} props */
export function Customer({ id, session, onChanged }) {
  const path = `/v1/admin/customers/${encodeURIComponent(id)}`
  const { answer: customer, error } = useList(() => get(path), [])
  const balances = useList(() => get(`/ops/api/customers?${new URLSearchParams({ q: id })}`), [])
  // Made when the dialog opens: however often it is confirmed, the money is added once.
  const [topUpKey, setTopUpKey] = useState(/** @type {string | null} */ (null))
  if (error) return html`<${Fault} error=${error} />`
  if (!customer) return html`<p class="hint" role="status">Reading the customer …</p>`
  const changed = () => {
    balances.again()
    onChanged()
  }
  return html`<${Section}
    title=${customer.name}
    actions=${html`<a class="button" href=${`#/reports/${id}`}>Reports</a>
      <button type="button" onClick=${() => setTopUpKey(newKey())}>Add money</button>`}
  >
    <${Facts} customer=${customer} balance=${balances.answer?.customers[0]?.balance} session=${session} />
    <${Keys} path=${`${path}/keys`} name=${customer.name} />
    ${
      topUpKey !== null &&
      html`<${Ask}
        title=${`Add money to ${customer.name}`}
        verb="Add"
        needsReason=${false}
        effect=${html`<p>It stands in the customer's ledger, under this description.</p>`}
        fields=${html`<label
            >Amount, in the smallest unit of ${session.currency}<input
              name="amount"
              type="number"
              min="1"
              required
          /></label>
          <label
            >Description<input
              name="description"
              required
              maxlength="200"
              autocomplete="off"
              placeholder="invoice 17"
          /></label>`}
        perform=${(/** @type {any} */ { amount, description }) => post(`${path}/top-up`, { amount_cents: Number(amount), description }, topUpKey)}
        onClose=${() => setTopUpKey(null)}
        onDone=${changed}
      />`
    }
  <//>`
}

/** @param {{ customer: any, balance: number | undefined, session: any }} props */
function Facts({ customer, balance, session }) {
  const limit = (/** @type {number | null} */ value, /** @type {string} */ unit) =>
    value === null ? `of tier ${customer.tier}` : `${count(value)} ${unit}`
  const spend = (/** @type {number | null} */ value) =>
    value === null ? 'no limit' : money(value, session.currency)
  return html`<dl class="facts">
    <div>
      <dt>Balance</dt>
      <dd class="big">${balance === undefined ? '–' : money(balance, session.currency)}</dd>
    </div>
    <div>
      <dt>Number</dt>
      <dd>${customer.user_id}</dd>
    </div>
    <div>
      <dt>Tier</dt>
      <dd>${customer.tier}</dd>
    </div>
    <div>
      <dt>Parts a minute</dt>
      <dd>${limit(customer.parts_per_minute, 'parts')}</dd>
    </div>
    <div>
      <dt>Burst</dt>
      <dd>${limit(customer.parts_burst, 'parts')}</dd>
    </div>
    <div>
      <dt>Requests a second</dt>
      <dd>
        ${customer.requests_per_second === null ? 'the general limit' : count(customer.requests_per_second)}
      </dd>
    </div>
    <div>
      <dt>Spends a day</dt>
      <dd>${spend(customer.spend_per_day)}</dd>
    </div>
    <div>
      <dt>Spends a month</dt>
      <dd>${spend(customer.spend_per_month)}</dd>
    </div>
    <div>
      <dt>Senders</dt>
      <dd>${customer.allowed_senders?.join(', ') ?? 'any'}</dd>
    </div>
  </dl>`
}
