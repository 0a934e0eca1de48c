import { useEffect, useState } from 'preact/hooks'
import { get } from './api.js'
import { clock, count, milliseconds, moment, money, plural } from './format.js'
import { Badge, Fault, Section, html } from './ui.js'

const FOLLOW_MS = 2_000
const RECIPIENTS = 10

/** @param {{ id: string, to?: string, session: any }} props */
export function Timeline({ id, to, session }) {
  const [message, setMessage] = useState(/** @type {any} */ (null))
  const [error, setError] = useState(/** @type {unknown} */ (null))
  useEffect(() => {
    let timer = 0
    let isGone = false
    const read = async () => {
      try {
        const found = await readTimeline(id, to)
        if (isGone) return
        setMessage(found)
        if (found.timelines.some((/** @type {any} */ each) => each.waiting))
          timer = window.setTimeout(read, FOLLOW_MS)
      } catch (fault) {
        if (!isGone) setError(fault)
      }
    }
    void read()
    return () => {
      isGone = true
      clearTimeout(timer)
    }
  }, [id])
  if (error) return html`<${Fault} error=${error} />`
  if (!message) return html`<p class="hint" role="status">Reading its timeline …</p>`
  const { timelines, steps, recipients } = message
  const left = recipients - timelines.length
  return html`<${Section} title=${`Message ${message.id}`}>
    <${Facts} message=${message} />
    <h3>All recipients</h3>
    <${Steps} steps=${steps} session=${session} />
    ${timelines.map(
      (/** @type {any} */ each) =>
        html`<article key=${each.recipient_no} class="recipient">
          <h3>
            <span class="mono">${each.to}</span> <${Badge} tone=${toneOf(each.status)}>${each.status}<//>
            ${each.possible_duplicate && html`<${Badge} tone="warn">possible duplicate<//>`}
          </h3>
          ${each.waiting && html`<${Waiting} waiting=${each.waiting} />`}
          <${Steps} steps=${each.steps} session=${session} />
        </article>`,
    )}
    ${left > 0 && html`<p class="hint">And ${plural(left, 'more recipient')}; find one by its number.</p>`}
  <//>`
}

/** @param {{ message: any }} props */
function Facts({ message }) {
  return html`<dl class="facts">
    <div>
      <dt>Customer</dt>
      <dd><a href=${`#/customers/${message.user_id}`}>${message.user_id}</a></dd>
    </div>
    <div>
      <dt>Type</dt>
      <dd>${message.type}${message.test ? ', test' : ''}</dd>
    </div>
    <div>
      <dt>Recipients</dt>
      <dd>${count(message.recipients)}</dd>
    </div>
    <div>
      <dt>Accepted</dt>
      <dd>${moment(message.created_at)}</dd>
    </div>
    ${
      message.send_at &&
      html`<div>
        <dt>Scheduled for</dt>
        <dd>${moment(message.send_at)}</dd>
      </div>`
    }
    ${
      message.expires_at &&
      html`<div>
        <dt>Valid until</dt>
        <dd>${moment(message.expires_at)}</dd>
      </div>`
    }
  </dl>`
}

/** Of one recipient, where its number says which. @param {string} id @param {string} [to] */
async function readTimeline(id, to) {
  const path = `/v1/admin/messages/${encodeURIComponent(id)}/timeline`
  const all = () => get(`${path}?limit=${RECIPIENTS}`)
  // A number without a calling code may not be readable where no region is set.
  return to ? get(`${path}?${new URLSearchParams({ to })}`).catch(all) : all()
}

/** @param {string} status */
function toneOf(status) {
  if (['SENT', 'DELIVERED'].includes(status)) return 'good'
  return /FAILED_PERM|UNDELIVERED|EXPIRED|FAILED$/.test(status)
    ? 'bad'
    : status === 'CANCELLED'
      ? 'idle'
      : 'warn'
}

/** @param {{ waiting: any }} props */
function Waiting({ waiting }) {
  return html`<p class="waiting" role="status">
    <strong>${waiting.detail}</strong>
    ${waiting.hand_over_estimated_at && html`<span> Hand-over at about ${clock(waiting.hand_over_estimated_at)}.</span>`}
  </p>`
}

/** @param {{ steps: any[], session: any }} props */
function Steps({ steps, session }) {
  return html`<ol class="steps">
    ${steps.map(
      (step, index) =>
        html`<li key=${index} class=${toneOfStep(step)}>
          <time datetime=${step.at}>${clock(step.at)}</time>
          <span><strong>${step.step.replaceAll('_', ' ')}</strong> ${describe(step, session)}</span>
        </li>`,
    )}
  </ol>`
}

/** @param {any} step */
function toneOfStep({ step, result, status, verdict }) {
  if (
    ['failed', 'undelivered', 'quarantined'].includes(step) ||
    verdict === 'undelivered' ||
    status === 'failed'
  )
    return 'bad'
  if (step === 'attempt' && result !== 'accepted') return 'warn'
  return ['sent', 'delivered'].includes(step) || result === 'accepted' ? 'good' : ''
}

/** Everything that a step says besides its name and time. @param {any} step @param {any} session */
function describe({ step: _step, at: _at, ...facts }, session) {
  const {
    attempt,
    provider,
    result,
    detail,
    route,
    duration_ms: duration,
    amount_cents: amount,
    ...others
  } = facts
  const words = [
    attempt !== undefined && `no. ${attempt}`,
    provider && `at ${provider}`,
    result,
    detail,
    typeof duration === 'number' && `in ${milliseconds(duration)}`,
    route && `(${route})`,
    amount !== undefined && money(amount, session.currency),
    ...Object.entries(others)
      .filter(([, value]) => value !== null && value !== '' && value !== undefined && String(value) !== '')
      .map(
        ([name, value]) =>
          `${name.replaceAll('_', ' ')} ${typeof value === 'object' ? say(value) : String(value)}`,
      ),
  ]
  return words.filter(Boolean).join(' · ')
}

/** @param {any} value @returns {string} */
function say(value) {
  if (Array.isArray(value))
    return value.map((each) => (typeof each === 'object' ? say(each) : String(each))).join(', ')
  return Object.values(value)
    .filter((each) => each !== null)
    .map((each) => (typeof each === 'object' ? say(each) : String(each)))
    .join(' ')
}
