import { useState } from 'preact/hooks'
import { get } from './api.js'
import { Customer } from './customer.js'
import { money, plural } from './format.js'
import { useList } from './useList.js'
import { Empty, Fault, Section, TableFrame, html } from './ui.js'

/** @param {{ path: string[], session: any }} props */
export function Customers({ path, session }) {
  const [first = ''] = path
  const isNumber = /^[0-9]+$/.test(first)
  const [text, setText] = useState(isNumber ? first : '')
  const { answer, error, again } = useList(
    () => get(`/ops/api/customers?${new URLSearchParams({ q: text })}`),
    [text],
  )
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault()
    setText(String(new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)).get('q')).trim())
  }
  const rows = answer?.customers ?? []
  const chosen = isNumber ? rows.find((/** @type {any} */ each) => each.user_id === Number(first))?.id : first
  return html`
    <form class="search card" role="search" onSubmit=${submit}>
      <label>
        Name, number or identifier
        <input name="q" type="search" maxlength="100" autocomplete="off" placeholder="Example Ltd" />
      </label>
      <button type="submit" class="primary">Find</button>
    </form>
    <${Fault} error=${error} />
    ${chosen && html`<${Customer} key=${chosen} id=${chosen} session=${session} onChanged=${again} />`}
    <${Section} title=${text ? `${plural(rows.length, 'customer')} for “${text}”` : 'Newest customers'}>
      ${
        rows.length === 0
          ? html`<${Empty}>${answer ? 'None.' : 'Reading …'}<//>`
          : html`<${TableFrame} label="Customers">
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Number</th>
                  <th scope="col">Tier</th>
                  <th scope="col">Balance</th>
                </tr>
              </thead>
              <tbody>
                ${rows.map(
                  (/** @type {any} */ each) =>
                    html`<tr key=${each.id} class=${each.id === chosen ? 'chosen' : ''}>
                      <th scope="row"><a href=${`#/customers/${each.id}`}>${each.name}</a></th>
                      <td>${each.user_id}</td>
                      <td>${each.tier}</td>
                      <td class="number">${money(each.balance, session.currency)}</td>
                    </tr>`,
                )}
              </tbody>
            <//>`
      }
    <//>
  `
}
