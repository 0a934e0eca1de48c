import { useState } from 'preact/hooks'
import { get, post, remove } from './api.js'
import { Ask } from './ask.js'
import { moment } from './format.js'
import { useList } from './useList.js'
import { Badge, Empty, Fault, TableFrame, html } from './ui.js'

const SCOPES = ['send', 'read', 'manage']
const SHOWN = 100

/** The keys of a customer. @param {{ path: string, name: string }} props */
export function Keys({ path, name }) {
  const { answer, error, again } = useList(() => get(`${path}?limit=${SHOWN}`), [])
  const [created, setCreated] = useState(/** @type {any} */ (null))
  const [isCreating, setIsCreating] = useState(false)
  const [revoked, setRevoked] = useState(/** @type {any} */ (null))
  const keys = answer?.keys ?? []
  return html`<div class="group">
    <header class="group-head">
      <h3>Keys</h3>
      <button type="button" class="primary" onClick=${() => setIsCreating(true)}>Create a key</button>
    </header>
    <${Fault} error=${error} />
    <div role="status">
      ${
        created &&
        html`<p class="secret">
          The key <strong>${created.name}</strong>, shown only this once: <code>${created.key}</code>
          <button type="button" class="quiet" onClick=${() => setCreated(null)}>Hide it</button>
        </p>`
      }
    </div>
    ${keys.length === 0 ? html`<${Empty}>${answer ? 'None.' : 'Reading …'}<//>` : html`<${Rows} keys=${keys} onRevoke=${setRevoked} />`}
    ${
      isCreating &&
      html`<${Create}
        path=${path}
        name=${name}
        onClose=${() => setIsCreating(false)}
        onDone=${(/** @type {any} */ key) => (setCreated(key), again())}
      />`
    }
    ${
      revoked &&
      html`<${Ask}
        title=${`Revoke the key ${revoked.name}`}
        verb="Revoke"
        isDangerous
        needsReason=${false}
        effect=${html`<p>Requests with it (${revoked.hint}) are refused everywhere within a second. It cannot be taken back.</p>`}
        perform=${() => remove(`${path}/${revoked.id}`)}
        onClose=${() => setRevoked(null)}
        onDone=${again}
      />`
    }
  </div>`
}

/** @param {{ keys: any[], onRevoke: (key: any) => void }} props */
function Rows({ keys, onRevoke }) {
  return html`<${TableFrame} label="Keys">
    <thead>
      <tr>
        <th scope="col">Name</th>
        <th scope="col">Key</th>
        <th scope="col">Scopes</th>
        <th scope="col">Used last</th>
        <th scope="col">State</th>
      </tr>
    </thead>
    <tbody>
      ${keys.map(
        (each) =>
          html`<tr key=${each.id}>
            <th scope="row">${each.name} ${each.mode === 'test' && html`<${Badge} tone="info">test<//>`}</th>
            <td class="mono">${each.hint}</td>
            <td>${each.scopes.join(', ')}</td>
            <td>${each.last_used_at ? moment(each.last_used_at) : 'never'}</td>
            <td>
              ${
                each.revoked_at
                  ? html`<${Badge} tone="idle">revoked<//>`
                  : html`<button type="button" class="danger" onClick=${() => onRevoke(each)}>
                      Revoke<span class="visually-hidden"> the key ${each.name}</span>
                    </button>`
              }
            </td>
          </tr>`,
      )}
    </tbody>
  <//>`
}

/** @param {{ path: string, name: string, onClose: () => void, onDone: (key: any) => void }} props */
function Create({ path, name, onClose, onDone }) {
  return html`<${Ask}
    title=${`Create a key of ${name}`}
    verb="Create"
    needsReason=${false}
    effect=${html`<p>Anyone who has it acts for this customer. It is shown once, and stored as a hash.</p>`}
    fields=${html`<label
        >Name<input name="name" required maxlength="100" autocomplete="off" placeholder="shop"
      /></label>
      <fieldset>
        <legend>May be used to</legend>
        ${SCOPES.map((scope) => html`<label class="inline"><input type="checkbox" name=${scope} defaultChecked=${scope !== 'manage'} /> ${scope}</label>`)}
      </fieldset>
      <label
        >Mode<select name="mode">
          <option value="live">live</option>
          <option value="test">test</option>
        </select></label
      >`}
    perform=${(/** @type {any} */ given) =>
      post(path, {
        name: given.name,
        mode: given.mode,
        scopes: SCOPES.filter((scope) => given[scope] === 'on'),
      })}
    onClose=${onClose}
    onDone=${onDone}
  />`
}
