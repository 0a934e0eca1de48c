import { readFileSync } from 'node:fs'
import type { BenchReport } from '../../result.ts'
import { seconds } from '../format.ts'
import { drawCpuBars } from './cpuBars.ts'
import { html, trusted } from './html.ts'
import type { Html } from './html.ts'
import { drawSpeedBars } from './speedBars.ts'
import { showRun } from './runSection.ts'
import { showBaselines, showGround, showHeadline, showRatios, showTables, showTargets } from './sections.ts'

/** Nothing is fetched: what the page needs is in it, and a browser is told to refuse anything else. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

const [style, readout] = [['palette.css', 'style.css', 'charts.css'], ['readout.html']].map((names) =>
  trusted(names.map((name) => readFileSync(new URL(name, import.meta.url), 'utf8')).join('')),
)

/** The whole report as one page that needs no network, in the light or dark that its reader prefers. */
export function pageOf(report: BenchReport): string {
  const { title, runs, machine } = report
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <title>${title}</title>
        <style>
          ${style}
        </style>
      </head>
      <body>
        ${headerOf(report)} ${showTargets(report.targets)} ${showHeadline(runs)} ${drawSpeedBars(report)}
        ${showRatios(report.ratios)} ${drawCpuBars(runs)} ${runs.map((run) => showRun(run, machine.cores))}
        ${showBaselines(report.baselines)} ${showTables(report.tables)} ${showGround(report)} ${readout}
      </body>
    </html> `
  return page.html
}

function headerOf({ title, subject, command, startedAt, durationMs, isShort, machine }: BenchReport): Html {
  return html`<header>
    <h1>${title}</h1>
    <p>
      ${subject} on ${machine.cores} × ${machine.cpuModel}, begun ${startedAt.replace('T', ' ').slice(0, 16)}
      UTC, took ${seconds(durationMs)}. <code>${command}</code>
    </p>
    ${isShort && html`<p><b>The short form: figures of less weight than those of the whole.</b></p>`}
  </header>`
}
