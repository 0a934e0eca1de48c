import type { Baseline, BenchReport, Ratio, ReportTable, RunResult, TargetVerdict } from '../../result.ts'
import { figure, gibibytes } from '../format.ts'
import { HEADLINE } from '../headline.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'

const BADGES = { met: '✓ met', missed: '✗ not met', 'not measured': '· not measured' }

export function showTargets(targets: readonly TargetVerdict[]): Html {
  if (targets.length === 0) return html``
  return html`<section>
    <h2>Targets</h2>
    <ul class="targets">
      ${targets.map(
        ({ scenario, target, measured, verdict, limit }) =>
          html`<li class="${verdict.replace(' ', '-')}">
            <b>${scenario}</b> <span class="badge">${BADGES[verdict]}</span>
            <p>${target}</p>
            ${measured && html`<p class="measured">${measured}</p>`}
            ${limit && html`<p class="limit">Limiting factor: ${limit}</p>`}
          </li>`,
      )}
    </ul>
  </section>`
}

export function showHeadline(runs: readonly RunResult[]): Html {
  const columns = HEADLINE.filter(({ text }) => runs.some((run) => text(run) !== '–'))
  return html`<section>
    <h2>Runs</h2>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            ${columns.map(({ title, meaning }) => html`<th title="${meaning}">${title}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${runs.map(
            (run) =>
              html`<tr>
                ${columns.map(({ text, isBad }, index) =>
                  index === 0
                    ? html`<th title="${run.title}">${text(run)}</th>`
                    : html`<td${isBad?.(run) && html` class="bad"`}>${text(run)}</td>`,
                )}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="small">
      Rates are per second, times in milliseconds (p50 / p95 / p99). HTTP latency is corrected for coordinated
      omission: it counts from the time at which a request was due, so a stall shows in every request of that
      time.
    </p>
  </section>`
}

export function showRatios(ratios: readonly Ratio[]): Html {
  if (ratios.length === 0) return html``
  return html`<section>
    <h2>Ratios</h2>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>comparison</th>
            <th>ratio</th>
            <th>target</th>
          </tr>
        </thead>
        <tbody>
          ${ratios.map(
            (ratio) =>
              html`<tr><th>${ratio.title}</th><td${!isWanted(ratio) && html` class="bad"`}><b>${figure(ratio.ratio)}</b></td><td>${wanted(ratio)}</td></tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`
}

function isWanted({ ratio, wantedAtLeast = -Infinity, wantedAtMost = Infinity }: Ratio): boolean {
  return ratio >= wantedAtLeast && ratio <= wantedAtMost
}

function wanted({ wantedAtLeast, wantedAtMost }: Ratio): string {
  if (wantedAtLeast !== undefined) return `at least ${figure(wantedAtLeast)}`
  return wantedAtMost === undefined ? '' : `at most ${figure(wantedAtMost)}`
}

export function showBaselines(baselines: readonly Baseline[]): Html {
  if (baselines.length === 0) return html``
  return html`<section>
    <h2>Baselines</h2>
    ${baselines.map(
      ({ name, title, messagesPerSecond, settings, sweep, notes }) =>
        html`<h3>${name}: ${figure(messagesPerSecond)} messages a second</h3>
          <p>${title}. Best at ${settingsText(settings)}.</p>
          ${notesOf(notes)}
          <details>
            <summary>All ${sweep.length} settings tried</summary>
            ${tableOf(
              ['settings', 'messages a second'],
              sweep.map((each) => [settingsText(each.settings), figure(each.messagesPerSecond)]),
            )}
          </details>`,
    )}
  </section>`
}

export function showTables(tables: readonly ReportTable[]): Html[] {
  return tables.map(
    ({ title, columns, rows, notes }) =>
      html`<section>
        <h2>${title}</h2>
        ${tableOf(columns, rows)}${notesOf(notes)}
      </section>`,
  )
}

export function showEnvironment({ machine, durability }: BenchReport): Html {
  const { cpuModel, cores, memoryBytes, kernel, dataFileSystem, versions, loadAverageBefore } = machine
  const facts: [name: string, value: string, note?: string | undefined][] = [
    ['processor', `${cores} × ${cpuModel}`],
    ['memory', gibibytes(memoryBytes)],
    ['kernel', kernel],
    ['data file system', dataFileSystem ?? 'unknown'],
    [
      'load average before',
      loadAverageBefore.toFixed(2),
      'of one minute; other programs make every figure worse',
    ],
    ...Object.entries(versions).map(([name, version]): [string, string] => [name, version]),
    ...durability.map(({ name, value, note }): [string, string, string | undefined] => [name, value, note]),
  ]
  return html`<section>
    <h2>Environment and durability settings</h2>
    <div class="scroll">
      <table class="facts">
        <tbody>
          ${facts.map(
            ([name, value, note]) =>
              html`<tr>
                <th>${name}</th>
                <td>${value}</td>
                <td>${note}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`
}

export function settingsText(settings: Record<string, string | number>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

export function notesOf(notes: readonly string[] | undefined): Html {
  return notes && notes.length > 0
    ? html`<ul class="small">
        ${notes.map((note) => html`<li>${note}</li>`)}
      </ul>`
    : html``
}

function tableOf(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): Html {
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${columns.map((column) => html`<th>${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, index) => {
                const text = typeof cell === 'number' ? figure(cell) : cell
                return index === 0 ? html`<th>${text}</th>` : html`<td>${text}</td>`
              })}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}
