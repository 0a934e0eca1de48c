import type { BenchReport, Part, RunResult, Sample } from '../../result.ts'
import { COUNTED_PARTS, partsOf } from '../cost.ts'
import { placeChart } from './chart.ts'
import type { Chart, Series } from './chart.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'

const MIB = 1024 * 1024

/** The charts of one run; those without data are left out. */
export function showCharts(run: RunResult, report: BenchReport): Html {
  const charts = [
    ...[ratesOf(run), backlogOf(run), httpOf(run)],
    ...[cpuOf(run, report.machine.cores), memoryOf(run, report.memoryLimitBytes)],
  ]
  const known = charts.filter(({ series }) => series.length > 0)
  if (run.samples.length < 2) return html``
  return html`<div class="charts">${known.map(placeChart)}</div>`
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
    unit: 'messages accepted and unfinished',
    series: known(line('backlog', 'backlog', values)),
  })
}

function httpOf(run: RunResult): Chart {
  return chartOf(run, {
    title: 'HTTP latency',
    unit: 'ms, corrected for coordinated omission',
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
    unit: 'cores used, by part',
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

function memoryOf(run: RunResult, limitBytes: number | undefined): Chart {
  const limitMib = toMib(limitBytes)
  return chartOf(run, {
    title: 'Memory',
    unit: 'MiB resident, by part',
    ...(limitMib && { mark: { value: limitMib, text: `target of an engine process, ${limitMib} MiB` } }),
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

/** The last sample may span far less than a second, too little for a rate. */
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

/** A series without any value was not measured; an empty line would look like zero. */
function known(series: Series): Series[] {
  return series.values.some((value) => value !== undefined) ? [series] : []
}
