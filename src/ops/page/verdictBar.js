import { seconds } from './format.js'
import { Badge, html } from './ui.js'

const STALE_MS = 5_000

/** Whether what is shown is true now. @param {{ live: any, ageMs: number, isConnected: boolean }} props */
export function LiveState({ live, ageMs, isConnected }) {
  if (!live) return html`<${Badge} tone="idle">Connecting<//>`
  if (isConnected && ageMs < STALE_MS) return html`<${Badge} tone="good">Live<//>`
  return html`<${Badge} tone="bad">${seconds(ageMs / 1_000)} old<//>`
}

/**
 * The answer to "what is wrong?", read out when it changes and not every second.
 * @param {{ live: any, problems: import('./verdict.js').Finding[], isShort: boolean }} props
 */
export function Verdict({ live, problems, isShort }) {
  if (!live) return html`<div class="verdict idle" role="status">Waiting for the first picture …</div>`
  /** @type {string} */
  const tone = problems[0]?.tone ?? 'good'
  const isWell = tone === 'good' || tone === 'info'
  const headline = isWell ? 'All well' : tone === 'bad' ? 'Act now' : 'Look at this'
  if (isShort && problems.length === 0) return null
  return html`<section class=${`verdict ${tone} ${isShort ? 'short' : ''}`} aria-label="What is wrong">
    <p class="headline" role="status">${headline}</p>
    ${
      problems.length === 0
        ? html`<p>Every operator takes messages, nothing is late, and nothing waits for you.</p>`
        : html`<ul>
            ${problems.slice(0, isShort ? 3 : 12).map(
              ({ tone, text, detail, href }) =>
                html`<li class=${tone}>
                  <${Badge} tone=${tone}>${LABELS[tone]}<//>
                  <span>
                    ${href ? html`<a href=${href}>${text}</a>` : html`<strong>${text}</strong>`}
                    ${detail && !isShort && html`<span class="detail">${detail}</span>`}
                  </span>
                </li>`,
            )}
          </ul>`
    }
  </section>`
}

/** @type {Record<string, string>} */
const LABELS = { bad: 'Now', warn: 'Soon', info: 'Know' }
