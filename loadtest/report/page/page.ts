import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { BenchReport } from '../../result.ts'
import { seconds } from '../format.ts'
import { showCpu } from './cpuTable.ts'
import { html, trusted } from './html.ts'
import type { Html } from './html.ts'
import { showRun } from './runSection.ts'
import { showThroughput } from './throughput.ts'
import {
  showBaselines,
  showEnvironment,
  showHeadline,
  showRatios,
  showTables,
  showTargets,
} from './sections.ts'

/** The page contains all that it needs, so that it works from a disk; a browser refuses to fetch anything. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

/** uPlot's own folder, which holds the files for browsers. */
const UPLOT = dirname(createRequire(import.meta.url).resolve('uplot/dist/uPlot.iife.min.js'))
const [uplotCode, uplotStyle] = [read(UPLOT, 'uPlot.iife.min.js'), read(UPLOT, 'uPlot.min.css')]
const style = ['palette.css', 'style.css', 'charts.css'].map((name) => read(import.meta.dirname, name))
const charts = read(import.meta.dirname, 'charts.html')

/** The whole report as one page that needs no network, in its reader's light or dark theme. */
export function pageOf(report: BenchReport): string {
  const { title, runs } = report
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <title>${title}</title>
        <style>
          ${uplotStyle}${style}
        </style>
      </head>
      <body>
        ${headerOf(report)} ${showTargets(report.targets)} ${showHeadline(runs)} ${showThroughput(report)}
        ${showRatios(report.ratios)} ${showCpu(runs)} ${runs.map((run) => showRun(run, report))}
        ${showBaselines(report.baselines)} ${showTables(report.tables)} ${showEnvironment(report)}
        <script>
          ${uplotCode}
        </script>
        ${charts}
      </body>
    </html> `
  return page.html
}

function read(folder: string, name: string): Html {
  return trusted(readFileSync(join(folder, name), 'utf8'))
}

function headerOf({ title, subject, command, startedAt, durationMs, isShort, machine }: BenchReport): Html {
  return html`<header>
    <h1>${title}</h1>
    <p>
      ${subject} on ${machine.cores} × ${machine.cpuModel}, started
      ${startedAt.replace('T', ' ').slice(0, 16)} UTC, took ${seconds(durationMs)}. <code>${command}</code>
    </p>
    ${isShort && html`<p><b>Short form: its figures are not to be quoted.</b></p>`}
  </header>`
}
