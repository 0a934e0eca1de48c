import type { Part, RunResult, Sample } from '../../result.ts'
import { COUNTED_PARTS, partsOf } from '../cost.ts'
import { drawChart } from './chart.ts'
import type { Chart, Series } from './chart.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'

const MIB = 1024 * 1024
/** What a process of the engine may take, by the targets of the benchmark. */
const MEMORY_LIMIT_MIB = 300

/** The pictures of one run; those of which nothing is known are left out. */
export function drawRun(run: RunResult, cores: number): Html {
  const charts = [ratesOf(run), backlogOf(run), httpOf(run), cpuOf(run, cores), memoryOf(run)]
  const drawn = charts.filter(({ series }) => series.length > 0)
  if (run.samples.length < 2) return html``
  return html`<div class="charts">${drawn.map(drawChart)}</div>`
}

function chartOf(run: RunResult, rest: Pick<Chart, 'title' | 'unit' | 'series'> & Partial<Chart>): Chart {
  return {
    atSeconds: run.samples.map(({ elapsedMs }) => Math.round(elapsedMs / 100) / 10),
    measuredUntilSeconds: run.durationMs / 1_000,
    ...rest,
  }
}

function ratesOf(run: RunResult): Chart {
  const each = Number(run.settings['recipients'] ?? 1)
  const perSecond = perSecondOf(run.samples)
  return chartOf(run, {
    title: 'Rates',
    unit: 'messages a second',
    series: [
      line(
        'offered',
        'offered',
        perSecond((sample) => sample.dueRequests * each),
      ),
      line(
        'accepted',
        'accepted',
        perSecond(({ acceptedRecipients }) => acceptedRecipients),
      ),
      ...known(
        line(
          'done',
          'done',
          perSecond(({ doneRecipients }) => doneRecipients),
        ),
      ),
    ],
  })
}

function backlogOf(run: RunResult): Chart {
  const values = run.samples.map(({ backlogRecipients }) => backlogRecipients)
  return chartOf(run, {
    title: 'Backlog',
    unit: 'messages accepted and not ended',
    series: known(line('backlog', 'backlog', values)),
  })
}

function httpOf(run: RunResult): Chart {
  return chartOf(run, {
    title: 'HTTP answer',
    unit: 'ms from due to answered',
    series: [
      ...known(
        line(
          'p99',
          'p99',
          run.samples.map(({ httpP99Ms }) => httpP99Ms),
        ),
      ),
      ...known(
        line(
          'p50',
          'p50',
          run.samples.map(({ httpP50Ms }) => httpP50Ms),
        ),
      ),
    ],
  })
}

function cpuOf(run: RunResult, cores: number): Chart {
  const parts = partsOf(run).filter((part) => COUNTED_PARTS.includes(part))
  return chartOf(run, {
    title: 'CPU',
    unit: 'cores busy, by part',
    isStacked: true,
    mark: { value: cores, text: `${cores} cores` },
    series: parts.flatMap((part) =>
      known(
        ofPart(
          part,
          run.samples.map(({ cpuCores }) => cpuCores[part]),
        ),
      ),
    ),
  })
}

function memoryOf(run: RunResult): Chart {
  return chartOf(run, {
    title: 'Memory',
    unit: 'MiB resident, by part',
    mark: { value: MEMORY_LIMIT_MIB, text: `${MEMORY_LIMIT_MIB} MiB, the limit of a process of the engine` },
    series: partsOf(run).flatMap((part) =>
      known(
        ofPart(
          part,
          run.samples.map(({ rssBytes }) => toMib(rssBytes[part])),
        ),
      ),
    ),
  })
}

/** The last sample may span far less than a second; a rate read from it would say nothing. */
const SPAN_MIN_MS = 500

/** Counts as rates, each by the length of its own sample. */
function perSecondOf(samples: readonly Sample[]) {
  return (read: (sample: Sample) => number | undefined) =>
    samples.map((sample, index) => {
      const counted = read(sample)
      const before = samples[index - 1]
      const spanMs = before ? sample.elapsedMs - before.elapsedMs : 1_000
      return counted === undefined || spanMs < SPAN_MIN_MS ? undefined : (counted * 1_000) / spanMs
    })
}

function toMib(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / MIB
}

function line(name: string, color: string, values: (number | undefined)[]): Series {
  return { name, color, values }
}

function ofPart(part: Part, values: (number | undefined)[]): Series {
  return line(part, `part-${part}`, values)
}

/** Nobody looked: an empty line would say that there was nothing. */
function known(series: Series): Series[] {
  return series.values.some((value) => value !== undefined) ? [series] : []
}
