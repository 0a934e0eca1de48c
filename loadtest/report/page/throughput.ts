import type { BenchReport } from '../../result.ts'
import { count } from '../format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'

/** Messages a second of each run and each baseline, on one scale. */
export function showThroughput({ runs, baselines }: Pick<BenchReport, 'runs' | 'baselines'>): Html {
  const bars = [
    ...baselines.map(({ name, messagesPerSecond }) => ({ name: `baseline: ${name}`, messagesPerSecond })),
    ...runs.map(({ name, recipients }) => ({
      name,
      messagesPerSecond: recipients.donePerSecond ?? recipients.acceptedPerSecond,
    })),
  ]
  // A single bar has nothing to compare with.
  if (bars.length < 2) return html``
  const highest = Math.max(1, ...bars.map((bar) => bar.messagesPerSecond))
  return html`<section>
    <h2>Throughput, messages a second</h2>
    <table>
      <tbody>
        ${bars.map(
          ({ name, messagesPerSecond }) =>
            html`<tr>
              <th>${name}</th>
              <td>${count(messagesPerSecond)}</td>
              <td><meter max="${highest}" value="${messagesPerSecond}"></meter></td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`
}
