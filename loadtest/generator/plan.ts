import type { HistogramRecord } from './histogram.ts'
import type { Percentiles } from '../result.ts'

/** How requests are distributed among the customers. `zipf`: the n-th customer sends 1/n of what the first one does. */
export const SKEWS = ['uniform', 'zipf', 'one'] as const
export type Skew = (typeof SKEWS)[number]

/** What one generator does. It is plain JSON, as it goes to a process of its own. */
export interface GeneratorPlan {
  /** The API, such as `http://127.0.0.1:8080`. */
  baseUrl: string
  /** Requests a second, evenly: request `i` is due `i / rate` after the start, independent of earlier results. */
  ratePerSecond: number
  /** Sent before the measured time, and counted separately. */
  warmUpMs: number
  durationMs: number
  /** Customers `customerFirst` to `customerLast`, both included; with `one` the first alone sends. */
  customerFirst: number
  customerLast: number
  skew: Skew
  /** The seed of the customer draw; the same seed gives the same customers. */
  seed: number
  recipientsPerRequest: number
  /** From 0 to 1. */
  expressShare: number
  text: string
  /** HTTP connections, and so requests in flight. Further due requests wait, and their latency includes the wait. */
  connections: number
  /** How long after the last request was due the late ones may still be sent. */
  overtimeMs: number
  /**
   * Sends to `POST /v1/messages`, each request with an idempotency key and the API key of its customer, which is this
   * text and the customer's number. Without it: `POST /sms/send`, without keys.
   */
  apiKeyPrefix?: string
  /** Each request says that its trace is not recorded. */
  isUntraced?: boolean
  /** Also count the accepted recipients of each customer; the final record then names up to all of them. */
  countsCustomers?: boolean
}

/** One second of a generator. */
export interface GeneratorProgress {
  /** The end of the second, from the start of the measured time: negative in the warm-up. */
  elapsedMs: number
  /** Counts of this second, by when it happened. */
  dueRequests: number
  sentRequests: number
  answeredRequests: number
  /** Answered requests that were not accepted. */
  refusedRequests: number
  acceptedRecipients: number
  /** From due to answered, for requests answered in this second. */
  http: Percentiles
  /** The requests now in flight, and due but waiting for a connection. */
  inFlightRequests: number
  waitingRequests: number
  /** The generator's own costs; CPU time since it began to send, user and system. */
  cpuMicros: number
  rssBytes: number
}

/** The results of requests that were due in one period. */
export interface GeneratorCounts {
  dueRequests: number
  /** Never sent, because their time and the overtime were over. */
  unsentRequests: number
  /** By status, or by a text for requests without an answer. */
  answers: Record<string, number>
  acceptedRecipients: number
}

export interface GeneratorResult extends GeneratorCounts {
  /** When the measured time began, by this machine's clock. */
  startedAtEpochMs: number
  /** The measured time: the plan's, or less when it was stopped. */
  durationMs: number
  /** Answers, and recipients in accepting ones, that came within the measured time, a second. */
  achievedPerSecond: number
  acceptedPerSecond: number
  /** Requests of the measured time only, in microseconds: from due to answered, from sent to answered, from due to sent. */
  http: HistogramRecord
  service: HistogramRecord
  lateness: HistogramRecord
  warmUp: GeneratorCounts
  /** With `countsCustomers`: accepted recipients, warm-up included, of the first customer, the second and so on. */
  acceptedByCustomer?: number[]
  connectionsOpened: number
  /** CPU time of the generator from its first request to its last, user and system. */
  cpuMicros: number
  cpuMicrosPerRequest: number
}
