import type { OperatorState as Control } from '../../operators/index.ts'
import type { MessageClass } from '../../primitives/messageClass.ts'
import type { Quantiles } from './quantiles.ts'

/** What the operations page shows, once a second: of all processes together, in the last minute. */
export interface Live {
  /** By this process's clock, in milliseconds. */
  at: number
  processes: { id: string; roles: string[]; version: string; startedAt: Date; silentMs: number }[]
  http: { perSecond: number; errorsPerSecond: number; refusedPerSecond: number; latency: Quantiles }
  classes: Record<MessageClass, LiveClass>
  operators: LiveOperator[]
  counts: Counts
  failures: Reason[]
}

export interface LiveClass {
  acceptedPerSecond: number
  handedOverPerSecond: number
  failedPerSecond: number
  inFlight: number
  handOver: Quantiles
  backlog: LiveBacklog | null
}

export interface LiveBacklog {
  /** Outbox rows that are ready, due or leased, counted up to a bound. */
  rows: number
  /** There are more than were counted. */
  isLeast: boolean
  /** Rows for a later time, scheduled or backing off, counted up to the same bound. */
  laterRows: number
  oldestDueSeconds: number
  /** Null while it is not known. */
  trend: 'growing' | 'steady' | 'shrinking' | null
  /** Until it is empty, as it shrinks now; null while it does not. */
  emptyInSeconds: number | null
}

export interface LiveOperator {
  name: string
  isTest: boolean
  /** What a person made of it; null of one that no consumer announced. */
  control: {
    state: Control
    weight: number
    reason: string | null
    by: string | null
    at: Date | null
  } | null
  throughput: number | null
  classes: LiveOperatorClass[]
  /** Messages by result in the last minute. */
  results: Record<string, number>
}

export interface LiveOperatorClass {
  class: MessageClass
  /** The worst of all processes, and how many of them say so. */
  breaker: 'closed' | 'half-open' | 'open'
  processes: number
  openProcesses: number
  openForMs: number | null
  callsPerSecond: number | null
  callsInFlight: number
  callsInFlightMax: number
}

export interface Reason {
  reason: string
  count: number
}

/** Things that wait for a person, each counted up to a bound. */
export interface Counts {
  deadLetters: Record<string, number> | null
  quarantine: number
  receipts: { waiting: number; orphan: number; reasons: Reason[] }
  disabledWebhooks: number
  openActions: number
}
