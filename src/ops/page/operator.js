import { count, rate, seconds } from './format.js'
import { Badge, html } from './ui.js'
import { stateOf } from './verdict.js'

/** @type {Record<string, [tone: string, text: string]>} */
const STATES = {
  callable: ['good', 'takes messages'],
  open: ['bad', 'breaker open'],
  paused: ['idle', 'paused'],
  drained: ['idle', 'drained'],
}

/** In the order of the bar: what was taken first. @type {Record<string, string>} */
export const RESULTS = {
  accepted: 'green',
  rejected: 'orange',
  refused: 'violet',
  throttled: 'blue',
  unavailable: 'red',
  unknown: 'grey',
}

/** One operator, as consumers reach it. @param {{ operator: any, actions?: unknown }} props */
export function Operator({ operator, actions }) {
  const { name, isTest, classes, control, throughput } = operator
  return html`<article class="operator" aria-label=${`Operator ${name}`}>
    <header>
      <h3>${name}</h3>
      ${isTest && html`<${Badge} tone="info">test keys only<//>`}
      ${control && control.weight !== 100 && html`<${Badge} tone="info">weight ${control.weight}<//>`}
    </header>
    ${control && control.state !== 'active' && html`<p class="hint">${control.by ?? 'Unknown person'}: ${control.reason}</p>`}
    <dl class="classes">
      ${classes.length === 0 && control && html`<${State} tone="idle" text=${STATES[control.state]?.[1] ?? 'no consumer has it'} />`}
      ${classes.map((/** @type {any} */ each) => html`<${OfClass} key=${each.class} operator=${operator} of=${each} />`)}
    </dl>
    <${Shares} results=${operator.results} name=${name} />
    ${throughput !== null && html`<p class="hint">At most ${count(throughput)} parts a second.</p>`}
    ${actions && html`<div class="buttons">${actions}</div>`}
  </article>`
}

/** @param {{ tone: string, text: string }} props */
function State({ tone, text }) {
  return html`<div>
    <dt class="visually-hidden">State</dt>
    <dd><${Badge} tone=${tone}>${text}<//></dd>
  </div>`
}

/** @param {{ operator: any, of: any }} props */
function OfClass({ operator, of }) {
  const state = stateOf(operator, of.class) ?? 'callable'
  const isProbing = state === 'callable' && of.breaker !== 'closed'
  const [tone, text] = isProbing ? ['warn', `breaker ${of.breaker}`] : (STATES[state] ?? STATES.callable)
  const openFor = state === 'open' && of.openForMs !== null ? ` ${seconds(of.openForMs / 1_000)}` : ''
  return html`<div>
    <dt>${of.class}</dt>
    <dd>
      <${Badge} tone=${tone}>${text}${openFor}<//>
      <span class="measure">
        window ${count(of.callsInFlight)} of ${count(of.callsInFlightMax)} · pace${' '}
        ${of.callsPerSecond === null ? 'unlimited' : `${rate(of.callsPerSecond)}/s`}
      </span>
    </dd>
  </div>`
}

/** The results of the last minute. @param {{ results: Record<string, number>, name: string }} props */
function Shares({ results, name }) {
  const total = Object.values(results).reduce((sum, each) => sum + each, 0)
  if (total === 0) return html`<p class="hint">Nothing submitted in the last minute.</p>`
  const shown = Object.entries(RESULTS).filter(([result]) => (results[result] ?? 0) > 0)
  const shareOf = (/** @type {string} */ result) => (100 * results[result]) / total
  return html`<div class="shares">
    <div
      class="bar"
      role="img"
      aria-label=${`Results at ${name}: ${shown.map(([result]) => `${Math.round(shareOf(result))} % ${result}`).join(', ')}`}
    >
      ${shown.map(([result, colour]) => html`<span key=${result} class=${colour} style=${{ flexGrow: shareOf(result) }}></span>`)}
    </div>
    <p class="legend">
      ${shown.map(
        ([result, colour]) =>
          html`<span class=${`key ${colour}`}>${result} <strong>${toShare(shareOf(result))}</strong></span>`,
      )}
      <span class="measure">${count(total)} in a minute</span>
    </p>
  </div>`
}

/** @param {number} share */
function toShare(share) {
  return share > 0 && share < 1 ? '<1 %' : `${Math.floor(share)} %`
}
