import { useState } from 'preact/hooks'
import { patch } from './api.js'
import { Ask } from './ask.js'
import { rate } from './format.js'
import { Operator } from './operator.js'
import { Empty, html } from './ui.js'
import { stateOf } from './verdict.js'

/** @type {Record<string, { verb: string, change: object, says: string }>} */
const CONTROLS = {
  pause: {
    verb: 'Pause',
    change: { state: 'paused' },
    says: 'It is not called any more; its connections stay open.',
  },
  drain: {
    verb: 'Drain',
    change: { state: 'drained' },
    says: 'It is not called any more; its connections are closed after the calls in flight.',
  },
  resume: { verb: 'Resume', change: { state: 'active' }, says: 'It is called again, within a second.' },
}

/** @param {{ live: any }} props */
export function Operators({ live }) {
  const [asked, setAsked] = useState(/** @type {{ kind: string, operator: any } | null} */ (null))
  if (!live) return null
  const ask = (/** @type {string} */ kind, /** @type {any} */ operator) => () => setAsked({ kind, operator })
  return html`
    ${live.operators.length === 0 && html`<${Empty}>No consumer has announced an operator.<//>`}
    <div class="operators wide">
      ${live.operators.map(
        (/** @type {any} */ each) =>
          html`<${Operator}
            key=${each.name}
            operator=${each}
            actions=${each.control && actionsOf(each, ask)}
          />`,
      )}
    </div>
    ${asked && html`<${Control} ...${asked} live=${live} onClose=${() => setAsked(null)} />`}
  `
}

/** @param {any} operator @param {(kind: string, operator: any) => () => void} ask */
function actionsOf(operator, ask) {
  const { name, control } = operator
  const button = (/** @type {string} */ kind, /** @type {string} */ text, style = '') =>
    html`<button type="button" class=${style} onClick=${ask(kind, operator)}>
      ${text}<span class="visually-hidden"> ${name}</span>
    </button>`
  return control.state === 'active'
    ? html`${button('pause', 'Pause')}${button('drain', 'Drain')}${button('weight', 'Weight')}`
    : html`${button('resume', 'Resume', 'primary')}${button('weight', 'Weight')}`
}

/** @param {{ kind: string, operator: any, live: any, onClose: () => void }} props */
function Control({ kind, operator, live, onClose }) {
  const { name, control } = operator
  const path = `/v1/admin/operators/${encodeURIComponent(name)}`
  if (kind === 'weight')
    return html`<${Ask}
      title=${`Weight of ${name}`}
      verb="Set the weight"
      effect=${html`<p>It is ${control.weight} now. It multiplies the weights of weighted routes, and other routes do not use it: at 50, those of ${name} count half.</p>`}
      fields=${html`<label>Weight<input name="weight" type="number" min="0" max="1000" required defaultValue=${control.weight} /></label>`}
      perform=${(/** @type {any} */ given) => patch(path, { weight: Number(given.weight), reason: given.reason })}
      onClose=${onClose}
    />`
  const { verb, change, says } = CONTROLS[kind]
  return html`<${Ask}
    title=${`${verb} ${name}`}
    verb=${verb}
    isDangerous=${kind !== 'resume'}
    effect=${html`<p>${says}</p>
      ${kind !== 'resume' && html`<${Effect} operator=${operator} live=${live} />`}`}
    perform=${(/** @type {any} */ { reason }) => patch(path, { ...change, reason })}
    onClose=${onClose}
  />`
}

/** What stopping an operator comes to. @param {{ operator: any, live: any }} props */
function Effect({ operator, live }) {
  const submitted = Object.values(operator.results).reduce((sum, each) => sum + Number(each), 0)
  const left = operator.classes.map((/** @type {any} */ { class: type }) => {
    const others = live.operators.filter(
      (/** @type {any} */ each) =>
        each.name !== operator.name && !each.isTest && stateOf(each, type) === 'callable',
    )
    return others.length > 0
      ? `${type} messages go to ${others.map((/** @type {any} */ each) => each.name).join(', ')}`
      : `no operator is left for ${type} messages: they wait, and are refunded when their time is over`
  })
  return html`<ul class="effect">
    <li>It was given ${rate(submitted / 60)} messages a second in the last minute.</li>
    ${left.map((/** @type {string} */ line) => html`<li>${line.charAt(0).toUpperCase() + line.slice(1)}.</li>`)}
    <li>It costs nothing, and nothing is refunded at once.</li>
  </ul>`
}
