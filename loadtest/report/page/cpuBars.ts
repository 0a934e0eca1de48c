import { CPU_BUDGET_MICROS } from '../../result.ts'
import type { RunResult } from '../../result.ts'
import { COUNTED_PARTS, totalMicros } from '../cost.ts'
import { count } from '../format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { scaleOf } from './scale.ts'

const WIDTH = 960
const ROW = 34
const BAR = { left: 110, right: 880, height: 20 }
/** Narrower pieces have no room for their figure; the table below the picture has it. */
const LABEL_WIDTH_MIN = 34

/** Where the microseconds of a message go: a bar a run, with the budget as a line through all of them. */
export function drawCpuBars(runs: readonly RunResult[]): Html {
  const measured = runs.filter(({ cpu }) => cpu)
  if (measured.length === 0) return html``
  const highest = Math.max(CPU_BUDGET_MICROS, ...measured.map(({ cpu }) => totalMicros(cpu) ?? 0))
  const x = scaleOf([0, highest], [BAR.left, BAR.right])
  const height = measured.length * ROW + 40
  const parts = COUNTED_PARTS.filter((part) => measured.some(({ cpu }) => cpu?.[part] !== undefined))
  const budget = x(CPU_BUDGET_MICROS)
  return html`<section>
    <h2>CPU time of a message</h2>
    <p>
      Microseconds of all processes together, by part. Two cores that handle 1,500 messages a second have
      ${count(CPU_BUDGET_MICROS)} µs for each.
    </p>
    <svg
      class="bars"
      viewBox="0 0 ${WIDTH} ${height}"
      role="img"
      aria-label="CPU time of a message by run and part"
    >
      ${measured.map((run, index) => drawBar(run, 24 + index * ROW, x))}
      <line class="mark" x1="${budget}" x2="${budget}" y1="14" y2="${height - 16}" />
      <text class="marked" x="${budget}" y="10" text-anchor="end">budget ${count(CPU_BUDGET_MICROS)} µs</text>
    </svg>
    <p class="legend">${parts.map((part) => html`<span><i class="part-${part}"></i>${part}</span> `)}</p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>run</th>
            ${parts.map((part) => html`<th>${part}</th>`)}
            <th>all</th>
            <th>cores busy</th>
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

function drawBar(run: RunResult, top: number, x: (micros: number) => number): Html {
  let below = 0
  const pieces = COUNTED_PARTS.flatMap((part) => {
    const micros = run.cpu?.[part]?.microsPerMessage
    if (micros === undefined) return []
    const [from, to] = [x(below), x((below += micros))]
    const width = to - from
    return html`<rect
        class="piece part-${part}"
        x="${from}"
        y="${top}"
        width="${width.toFixed(1)}"
        height="${BAR.height}"
      >
        <title>${run.name}: ${part} ${count(micros)} µs</title></rect
      >
      ${width >= LABEL_WIDTH_MIN && html`<text class="inside" x="${((from + to) / 2).toFixed(1)}" y="${top + 14}" text-anchor="middle">${count(micros)}</text>`}`
  })
  return html`<text class="name" x="${BAR.left - 8}" y="${top + 14}" text-anchor="end">${run.name}</text
    >${pieces} <text class="name" x="${x(below) + 6}" y="${top + 14}">${count(below)}</text>`
}

function coresOf({ cpu }: RunResult): string {
  return COUNTED_PARTS.reduce((sum, part) => sum + (cpu?.[part]?.cores ?? 0), 0).toFixed(2)
}

function toText(micros: number | undefined): string {
  return micros === undefined ? '–' : count(micros)
}
