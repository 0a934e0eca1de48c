import type { Percentiles, RunResult } from '../result.ts'
import { memoryVerdict, totalMicros } from './cost.ts'
import { count, figure } from './format.ts'

/** One column of the table that has a row for each run. */
export interface Column {
  title: string
  /** The title's meaning, shown on hover. */
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
    meaning: 'Requests a second that were due',
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
    meaning: 'Messages a second that operators accepted',
    text: ({ recipients }) => optional(recipients.handedOverPerSecond, count),
  },
  {
    title: 'done/s',
    meaning: 'Messages a second that were done, as stored',
    text: ({ recipients }) => optional(recipients.donePerSecond, count),
  },
  {
    title: 'http p50/p95/p99 ms',
    meaning:
      'HTTP latency, corrected for coordinated omission: from the time a request was due to its answer',
    text: ({ http }) => percentiles(http),
  },
  {
    title: 'normal p50/p95/p99 ms',
    meaning: 'End-to-end latency of normal messages: from acceptance to the stored operator result',
    text: ({ handOver }) => percentiles(handOver.normal),
  },
  {
    title: 'express p50/p95/p99 ms',
    meaning: 'End-to-end latency of express messages: from acceptance to the stored operator result',
    text: ({ handOver }) => percentiles(handOver.express),
  },
  {
    title: 'backlog',
    meaning:
      'Flat if its mean in the last quarter of the run is at most 1.1 times that of the second quarter',
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
    meaning: 'CPU time a message of all parts',
    text: ({ cpu }) => optional(totalMicros(cpu), count),
  },
  {
    title: 'audit',
    meaning: 'Whether ledger and messages agree after the run',
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
