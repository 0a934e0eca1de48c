import type { BenchReport, Percentiles, RunResult } from '../../result.ts'
import { count, figure, seconds } from '../format.ts'
import { percentiles } from '../headline.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { showCharts } from './runCharts.ts'
import { notesOf, settingsText } from './sections.ts'

/** One run: its settings, charts and counts. */
export function showRun(run: RunResult, report: BenchReport): Html {
  const { name, title, durationMs, settings, audit, notes } = run
  return html`<section class="run" id="${name}">
    <h2>${name}: ${title}</h2>
    <p>${seconds(durationMs)} measured. ${settingsText(settings)}.</p>
    ${showCharts(run, report)}
    <dl>
      <dt>Answers</dt>
      <dd>${answersText(run)}</dd>
      <dt>Recipients</dt>
      <dd>${recipientsText(run)}</dd>
      ${endToEnd(run)} ${flatness(run)}
      ${
        audit &&
        html`<dt>Audit</dt><dd${!audit.isClean && html` class="bad"`}>${audit.isClean ? 'clean' : 'VIOLATED'}
        <details><summary>output</summary><pre>${audit.lines.join('\n')}</pre></details></dd>`
      }
    </dl>
    ${notesOf(notes)}
  </section>`
}

function answersText({ answers, unsentRequests }: RunResult): string {
  const texts = Object.entries(answers).map(([answer, requests]) => `${answer}: ${count(requests)}`)
  return [...texts, ...(unsentRequests > 0 ? [`never sent: ${count(unsentRequests)}`] : [])].join(', ')
}

function recipientsText({ recipients }: RunResult): string {
  const { accepted, done, failed, unfinished } = recipients
  const named = Object.entries({ done, failed, unfinished }).flatMap(([name, messages]) =>
    messages === undefined ? [] : [`${count(messages)} ${name}`],
  )
  return [`${count(accepted)} accepted`, ...named].join(', ')
}

/** From acceptance to the stored operator result. */
function endToEnd({ handOver }: RunResult): Html {
  const classes = Object.entries<Percentiles>(handOver)
  if (classes.length === 0) return html``
  const texts = classes.map(([type, values]) => `${type} ${percentiles(values)} ms`)
  return html`<dt>End-to-end latency, p50 / p95 / p99</dt>
    <dd>${texts.join('; ')}</dd>`
}

function flatness({ flat }: RunResult): Html {
  if (!flat?.backlog) return html``
  const { secondQuarter, lastQuarter, isFlat } = flat.backlog
  return html`<dt>Backlog</dt><dd${!isFlat && html` class="bad"`}>${isFlat ? 'flat' : 'growing'}: ${figure(secondQuarter)} on
    average in the second quarter, ${figure(lastQuarter)} in the last</dd>`
}
