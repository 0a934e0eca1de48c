import type { RunResult } from '../../result.ts'
import { COUNTED_PARTS, totalMicros } from '../cost.ts'
import { count } from '../format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'

/** CPU time a message by run and part. */
export function showCpu(runs: readonly RunResult[]): Html {
  const measured = runs.filter(({ cpu }) => cpu)
  if (measured.length === 0) return html``
  const parts = COUNTED_PARTS.filter((part) => measured.some(({ cpu }) => cpu?.[part] !== undefined))
  return html`<section>
    <h2>CPU time per message</h2>
    <p>Microseconds of all processes of each part.</p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>run</th>
            ${parts.map((part) => html`<th>${part}</th>`)}
            <th>total</th>
            <th>cores used</th>
          </tr>
        </thead>
        <tbody>
          ${measured.map(
            (run) =>
              html`<tr>
                <th>${run.name}</th>
                ${parts.map((part) => html`<td>${toText(run.cpu?.[part]?.microsPerMessage)}</td>`)}
                <td><b>${toText(totalMicros(run.cpu))}</b></td>
                <td>${coresOf(run)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`
}

function coresOf({ cpu }: RunResult): string {
  return COUNTED_PARTS.reduce((sum, part) => sum + (cpu?.[part]?.cores ?? 0), 0).toFixed(2)
}

function toText(micros: number | undefined): string {
  return micros === undefined ? '–' : count(micros)
}
