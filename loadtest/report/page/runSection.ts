import type { RunResult } from '../../result.ts'
import { count, figure, seconds } from '../format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { drawRun } from './runCharts.ts'
import { notesOf, settingsText } from './sections.ts'

/** One run: what was done, its pictures, and what there is to read beside them. */
export function showRun(run: RunResult, cores: number): Html {
  const { name, title, durationMs, settings, audit, notes } = run
  return html`<section class="run" id="${name}">
    <h2>${name}: ${title}</h2>
    <p>${seconds(durationMs)} measured. ${settingsText(settings)}.</p>
    ${drawRun(run, cores)}
    <dl>
      <dt>Answers</dt>
      <dd>${answersText(run)}</dd>
      <dt>Recipients</dt>
      <dd>${recipientsText(run)}</dd>
      ${flatness(run)}
      ${
        audit &&
        html`<dt>Audit</dt><dd${!audit.isClean && html` class="bad"`}>${audit.isClean ? 'clean' : 'VIOLATED'}
        <details><summary>what it said</summary><pre>${audit.lines.join('\n')}</pre></details></dd>`
      }
    </dl>
    ${notesOf(notes)}
  </section>`
}

function answersText({ answers, unsentRequests }: RunResult): string {
  const texts = Object.entries(answers).map(([answer, held]) => `${answer}: ${count(held)}`)
  return [...texts, ...(unsentRequests > 0 ? [`never sent: ${count(unsentRequests)}`] : [])].join(', ')
}

function recipientsText({ recipients }: RunResult): string {
  const { accepted, done, failed, open } = recipients
  const named = Object.entries({ done, failed, open }).flatMap(([name, held]) =>
    held === undefined ? [] : [`${count(held)} ${name}`],
  )
  return [`${count(accepted)} accepted`, ...named].join(', ')
}

function flatness({ flat }: RunResult): Html {
  if (!flat?.backlog) return html``
  const { secondQuarter, lastQuarter, isFlat } = flat.backlog
  return html`<dt>Backlog</dt><dd${!isFlat && html` class="bad"`}>${isFlat ? 'flat' : 'growing'}: ${figure(secondQuarter)} on
    average in the second quarter, ${figure(lastQuarter)} in the last</dd>`
}
