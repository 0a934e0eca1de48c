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
})

const backlog = z.object({ rows: z.number(), oldestDueSeconds: z.number() })

export const processState = z.object({
  classes: z.object({ normal: classState, express: classState }),
  operators: z.array(operatorState),
  /** Operators that did not fit. */
  operatorsOmitted: z.number(),
  /** What a relay saw in the outbox some seconds ago at most; null in a process that is none. */
  backlog: z.object({ normal: backlog, express: backlog }).nullable(),
})

/** What a process says of itself. */
export type ProcessState = z.infer<typeof processState>
export type ClassState = z.infer<typeof classState>
export type OperatorState = z.infer<typeof operatorState>
export type Backlog = z.infer<typeof backlog>

/** The others are counted: each takes some 130 bytes, and a row is written every second. */
export const OPERATORS_MAX = 200
