import type { ListedOperator } from '../../operators/index.ts'
import { DEPTH_MAX } from '../../outbox/index.ts'
import { AGE_BUCKETS_SECONDS, DURATION_BUCKETS_SECONDS } from '../../platform/telemetry/index.ts'
import { CLASSES } from '../../primitives/messageClass.ts'
import type { MessageClass } from '../../primitives/messageClass.ts'
import type { RunningProcess, Traffic } from '../../processes/index.ts'
import { mergeOperators } from './mergeOperators.ts'
import { quantilesOf, sumCounts } from './quantiles.ts'
import type { Counts, Live, LiveClass, Reason } from './types.ts'

export interface Seen {
  atMs: number
  processes: RunningProcess[]
  operators: ListedOperator[]
  counts: Omit<Counts, 'deadLetters'>
}

/** Makes one picture of what every process says of itself. */
export function mergeProcesses({ atMs, processes, operators, counts }: Seen): Live {
  const traffics = processes.flatMap(({ state }) => state.traffic ?? [])
  const http = (name: string) => sumRates(traffics, ({ http }) => http[name])
  const failures = new Map<string, number>()
  for (const traffic of traffics)
    for (const [reason, count] of Object.entries(traffic.failures))
      failures.set(reason, (failures.get(reason) ?? 0) + count)
  return {
    at: atMs,
    processes: processes.map(({ id, roles, version, startedAt, reportedAt }) => ({
      ...{ id, roles, version, startedAt, silentMs: Math.max(0, atMs - reportedAt.getTime()) },
    })),
    http: {
      perSecond: sumRates(traffics, ({ http }) => Object.values(http).reduce((sum, count) => sum + count, 0)),
      errorsPerSecond: http('5xx'),
      refusedPerSecond: http('4xx'),
      latency: quantilesOf(
        sumCounts(traffics.map(({ httpDurations }) => httpDurations)),
        DURATION_BUCKETS_SECONDS,
      ),
    },
    classes: {
      normal: mergeClass(processes, traffics, 'normal'),
      express: mergeClass(processes, traffics, 'express'),
    },
    operators: mergeOperators(processes, operators),
    counts: { ...counts, deadLetters: deadLettersOf(processes) },
    failures: toReasons(failures),
  }
}

export function toReasons(counts: ReadonlyMap<string, number>): Reason[] {
  return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count)
}

function mergeClass(processes: RunningProcess[], traffics: Traffic[], type: MessageClass): LiveClass {
  const rate = (name: 'accepted' | 'handedOver' | 'failed') =>
    sumRates(traffics, (traffic) => traffic[name][type])
  // Every relay sees the whole backlog, each at a moment of its own.
  const backlogs = processes.flatMap(({ state }) => state.backlog?.[type] ?? [])
  const oldest = Math.max(0, ...backlogs.map(({ oldestDueSeconds }) => oldestDueSeconds))
  const rows = Math.max(0, ...backlogs.map((backlog) => backlog.rows))
  const laterRows = Math.max(0, ...backlogs.map((backlog) => backlog.laterRows ?? 0))
  return {
    ...{ acceptedPerSecond: rate('accepted'), handedOverPerSecond: rate('handedOver') },
    failedPerSecond: rate('failed'),
    inFlight: processes.reduce((sum, { state }) => sum + state.classes[type].recipientsInFlight, 0),
    handOver: quantilesOf(
      sumCounts(traffics.map(({ handOverAges }) => handOverAges[type] ?? [])),
      AGE_BUCKETS_SECONDS,
    ),
    backlog:
      backlogs.length === 0
        ? null
        : {
            ...{ rows, isLeast: rows >= DEPTH_MAX, laterRows, oldestDueSeconds: oldest },
            ...{ trend: null, emptyInSeconds: null },
          },
  }
}

function deadLettersOf(processes: RunningProcess[]): Record<string, number> | null {
  const counted = processes.flatMap(({ state }) => (state.deadLetters ? [state.deadLetters] : []))
  if (counted.length === 0) return null
  return Object.fromEntries(
    CLASSES.map((type) => [type, Math.max(0, ...counted.map((counts) => counts[type] ?? 0))]),
  )
}

/** A process that has just started has counted for less than a minute. */
function sumRates(traffics: Traffic[], countOf: (traffic: Traffic) => number | undefined): number {
  const sum = traffics.reduce(
    (total, traffic) => total + (countOf(traffic) ?? 0) / Math.max(1, traffic.seconds),
    0,
  )
  return Math.round(sum * 10) / 10
}
