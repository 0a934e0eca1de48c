import { z } from 'zod'

/** Of one class of traffic, in one process. Counters begin at 0 with the process. */
const classState = z.object({
  acceptedRecipients: z.number(),
  handedOverRecipients: z.number(),
  failedRecipients: z.number(),
  /** Of the last seconds; null in a process that is no consumer. */
  handedOverPerSecond: z.number().nullable(),
  /** With this consumer: they wait for an operator, or are submitted. */
  recipientsInFlight: z.number(),
})

/** Numbers by name. */
const counts = z.record(z.string(), z.number())

/** One class at one operator, as one consumer reaches it. */
const operatorState = z.object({
  name: z.string(),
  class: z.enum(['normal', 'express']),
  isTest: z.boolean(),
  breaker: z.enum(['closed', 'open', 'half-open']),
  /** Since its breaker was closed last; null while it is closed. */
  openForMs: z.number().nullable(),
  /** Null: unlimited. */
  callsPerSecond: z.number().nullable(),
  callsInFlight: z.number().optional(),
  callsInFlightMax: z.number().optional(),
})

/** What happened in this process in the last minute; of programs before it there is none. */
const traffic = z.object({
  seconds: z.number(),
  http: counts,
  /** Requests by how long their answers took: one number a bucket of `DURATION_BUCKETS_SECONDS`, and one beyond. */
  httpDurations: z.array(z.number()),
  accepted: counts,
  handedOver: counts,
  failed: counts,
  /** From acceptance to hand-over, by class: one number a bucket of `AGE_BUCKETS_SECONDS`, and one beyond. */
  handOverAges: z.record(z.string(), z.array(z.number())),
  /** Messages by their result at an operator. */
  operators: z.record(z.string(), counts),
  /** Recipients that failed, by code. */
  failures: counts,
})

const backlog = z.object({
  rows: z.number(),
  /** Programs before it count these rows among the others. */
  laterRows: z.number().optional(),
  oldestDueSeconds: z.number(),
})

const customers = z.object({
  recipients: z.number(),
  /** `waitMs`: the sum of their waits. */
  most: z.array(z.object({ userId: z.number(), recipients: z.number(), waitMs: z.number() })),
})

export const processState = z.object({
  classes: z.object({ normal: classState, express: classState }),
  operators: z.array(operatorState),
  /** Operators that did not fit. */
  operatorsOmitted: z.number(),
  /** What a relay saw in the outbox some seconds ago at most; null in a process that is none. */
  backlog: z.object({ normal: backlog, express: backlog }).nullable(),
  traffic: traffic.optional(),
  /** Of a relay: normal recipients that it claimed in the last full minute, and those of the customers with the most. */
  customers: customers.optional(),
  /** That it leaves notes of what it changes for reports (decision 0039); programs before them say nothing. */
  notesChanges: z.literal(true).optional(),
  /** As a relay counts them now and then, by class. */
  deadLetters: counts.optional(),
})

/** What a process says of itself. */
export type ProcessState = z.infer<typeof processState>
export type ClassState = z.infer<typeof classState>
export type OperatorState = z.infer<typeof operatorState>
export type Traffic = z.infer<typeof traffic>
export type Backlog = z.infer<typeof backlog>

/** The others are counted: each takes some 130 bytes, and a row is written every second. */
export const OPERATORS_MAX = 200
