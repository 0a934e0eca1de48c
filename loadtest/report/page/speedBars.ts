import type { BenchReport } from '../../result.ts'
import { count } from '../format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { scaleOf } from './scale.ts'

const WIDTH = 960
const ROW = 30
const BAR = { left: 210, right: 880, height: 18 }

/** How many messages a second each run and each baseline came to: a bar each, on one scale. */
export function drawSpeedBars({ runs, baselines }: Pick<BenchReport, 'runs' | 'baselines'>): Html {
  const bars = [
    ...baselines.map(({ name, messagesPerSecond }) => ({ name, messagesPerSecond, color: 'offered' })),
    ...runs.map(({ name, recipients }) => ({
      name,
      messagesPerSecond: recipients.donePerSecond ?? recipients.acceptedPerSecond,
      color: 'accepted',
    })),
  ]
  // One bar alone compares with nothing.
  if (bars.length < 2) return html``
  const x = scaleOf([0, Math.max(...bars.map((bar) => bar.messagesPerSecond))], [BAR.left, BAR.right])
  return html`<section>
    <h2>Messages a second</h2>
    <svg
      class="bars"
      viewBox="0 0 ${WIDTH} ${bars.length * ROW + 8}"
      role="img"
      aria-label="Messages a second"
    >
      ${bars.map(({ name, messagesPerSecond, color }, index) => {
        const top = 6 + index * ROW
        return html`<text class="name" x="${BAR.left - 8}" y="${top + 13}" text-anchor="end">${name}</text>
          <rect
            class="piece ${color}"
            x="${BAR.left}"
            y="${top}"
            height="${BAR.height}"
            width="${(x(messagesPerSecond) - BAR.left).toFixed(1)}"
          />
          <text class="name" x="${x(messagesPerSecond) + 6}" y="${top + 13}"
            >${count(messagesPerSecond)}</text
          >`
      })}
    </svg>
    <p class="legend">
      <span><i class="accepted"></i>runs</span>
      ${baselines.length > 0 && html`<span><i class="offered"></i>what they are compared with</span>`}
    </p>
  </section>`
}
