import { get } from './api.js'
import { count, money } from './format.js'
import { useList } from './useList.js'
import { Empty, Fault, Section, TableFrame, html } from './ui.js'

/** @param {{ query: string, isOfOne: boolean, session: any }} props */
export function Top({ query, isOfOne, session }) {
  const kinds = isOfOne ? ['operator', 'country'] : ['customer', 'operator', 'country']
  return html`<div class="two">
    ${kinds.map((by) => html`<${Most} key=${by} by=${by} query=${query} session=${session} />`)}
  </div>`
}

/** @type {Record<string, { title: string, column: string, nameOf: (row: any) => unknown }>} */
const KINDS = {
  customer: {
    title: 'Customers with the most messages',
    column: 'Customer',
    nameOf: ({ customer, name, user_id: number }) =>
      customer === null ? number : html`<a href=${`#/reports/${customer}`}>${name}</a>`,
  },
  operator: {
    title: 'Operators',
    column: 'Operator',
    nameOf: ({ operator }) => operator ?? 'none took them',
  },
  country: { title: 'Countries', column: 'Country', nameOf: ({ country }) => country ?? 'unknown' },
}

/** @param {{ by: string, query: string, session: any }} props */
function Most({ by, query, session }) {
  const { answer, error } = useList(() => get(`/v1/admin/reports/top?by=${by}&${query}`), [by, query])
  const { title, column, nameOf } = KINDS[by]
  const rows = answer?.rows ?? []
  return html`<${Section} title=${title}>
    <${Fault} error=${error} />
    ${
      rows.length === 0
        ? html`<${Empty}>${answer || error ? 'None.' : 'Reading …'}<//>`
        : html`<${TableFrame} label=${title}>
            <thead>
              <tr>
                <th scope="col">${column}</th>
                <th scope="col">Messages</th>
                <th scope="col">Spent</th>
              </tr>
            </thead>
            <tbody>
              ${rows.map(
                (/** @type {any} */ row, /** @type {number} */ index) =>
                  html`<tr key=${index}>
                    <th scope="row">${nameOf(row)}</th>
                    <td class="number">${count(row.messages)}</td>
                    <td class="number">${money(row.spent_cents, session.currency)}</td>
                  </tr>`,
              )}
            </tbody>
          <//>`
    }
  <//>`
}
