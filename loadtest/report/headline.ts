import { CPU_BUDGET_MICROS } from '../result.ts'
import type { Percentiles, RunResult } from '../result.ts'
import { memoryVerdict, totalMicros } from './cost.ts'
import { count, figure } from './format.ts'

/** One column of the table with a row a run. */
export interface Column {
  title: string
  /** What the title means, for whoever hovers over it. */
  meaning: string
  text: (run: RunResult) => string
  isBad?: (run: RunResult) => boolean
}

const NOTHING = '–'

/** The table of all runs, the same on the terminal and on the page. */
export const HEADLINE: readonly Column[] = [
  { title: 'run', meaning: 'The scenario', text: ({ name }) => name },
  {
    title: 'offered/s',
    meaning: 'Requests a second that the timetable had',
    text: ({ offeredPerSecond }) => figure(offeredPerSecond),
  },
  {
    title: 'answered/s',
    meaning: 'Requests a second that were answered, whatever the answer',
    text: ({ achievedPerSecond }) => figure(achievedPerSecond),
  },
  {
    title: 'accepted/s',
    meaning: 'Messages (recipients) a second that were accepted and paid for',
    text: ({ recipients }) => count(recipients.acceptedPerSecond),
  },
  {
    title: 'handed over/s',
    meaning: 'Messages a second that operators took',
    text: ({ recipients }) => optional(recipients.handedOverPerSecond, count),
  },
  {
    title: 'done/s',
    meaning: 'Messages a second that came to their end, written down',
    text: ({ recipients }) => optional(recipients.donePerSecond, count),
  },
  {
    title: 'http p50/p95/p99 ms',
    meaning: 'From the time a request was due to its answer',
    text: ({ http }) => percentiles(http),
  },
  {
    title: 'normal p50/p95/p99 ms',
    meaning: 'Normal messages, from acceptance to hand-over',
    text: ({ handOver }) => percentiles(handOver.normal),
  },
  {
    title: 'express p50/p95/p99 ms',
    meaning: 'Express messages, from acceptance to hand-over',
    text: ({ handOver }) => percentiles(handOver.express),
  },
  {
    title: 'backlog',
    meaning: 'Flat when the last quarter of the run is no more than 1.1 times the second',
    text: ({ flat }) => (flat?.backlog ? (flat.backlog.isFlat ? 'flat' : 'growing') : NOTHING),
    isBad: ({ flat }) => flat?.backlog?.isFlat === false,
  },
  {
    title: 'memory',
    meaning: 'The same for the memory of each part',
    text: memoryVerdict,
    isBad: ({ flat }) => Object.values(flat?.rssBytes ?? {}).some(({ isFlat }) => !isFlat),
  },
  {
    title: 'CPU µs',
    meaning: `CPU time a message of all parts, of ${count(CPU_BUDGET_MICROS)} µs`,
    text: ({ cpu }) => optional(totalMicros(cpu), count),
    isBad: ({ cpu }) => (totalMicros(cpu) ?? 0) > CPU_BUDGET_MICROS,
  },
  {
    title: 'audit',
    meaning: 'Whether the books and the messages agree afterwards',
    text: ({ audit }) => (audit ? (audit.isClean ? 'clean' : 'VIOLATED') : NOTHING),
    isBad: ({ audit }) => audit?.isClean === false,
  },
]

export function percentiles(values: Percentiles | undefined): string {
  if (!values || values.count === 0) return NOTHING
  return [values.p50Ms, values.p95Ms, values.p99Ms].map(figure).join(' / ')
}

function optional(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? NOTHING : format(value)
}
