/** Durations and sizes: the short form only tests the benchmark, the whole form gives reliable figures. */
export interface Form {
  isShort: boolean
  probe: { warmUpMs: number; durationMs: number }
  /** S1, S2 and S3 at their best rate. */
  run: { warmUpMs: number; durationMs: number }
  /** The same with one message a call. */
  singleRun: { warmUpMs: number; durationMs: number }
  /**
   * The search ends when the highest rate is known to within this factor, or after `probesMax` probes. A failed rate is
   * retried `retries` times before it counts as too high.
   */
  search: { resolution: number; probesMax: number; retries?: number }
  /** S1 and S2 with one message a call, for which there is no target. */
  singleProbesMax: number
  /**
   * The share of the highest sustained rate that is offered in the long run. A short probe hardly detects slow growth.
   */
  ofProbed: number
  /** How often a rate that did not hold is lowered for another run. */
  lowerings: number
  /** S4: normal messages that wait when express begins. */
  waitingMessages: number
  /** S5 */
  waitingRows: number
  claims: number
  /** S6 */
  idle: { trafficMs: number; quietMs: number; requestsPerSecond: number }
  /** S8 */
  history: { messages: number; ofLargeCustomer: number; looks: number }
  /** The audit beside a constant load, over this many messages. */
  auditLive: { messages: number; ratePerSecond: number; time: { warmUpMs: number; durationMs: number } }
  /** Express beside throttled normal traffic. */
  throttled: { durationMs: number }
  /** Express beside the messages of S4, with an operator that becomes slow. */
  deadlines: { durationMs: number }
  /** Messages that pass the queue beside an open read view, and each of the two loads. */
  oldReadView: { messages: number; time: { warmUpMs: number; durationMs: number } }
  /** The large customer's messages, and how long the small customers send. */
  fairShare: { messages: number; durationMs: number }
  /** The backlog of each customer, and for how long their shares are measured. */
  weights: { messages: number; durationMs: number }
  /** Each of the two express loads. */
  flood: { durationMs: number }
  /**
   * Settings tried for the batch-size-1 baseline. Relay and consumer use `concurrency` transactions each, bounded by
   * `connections`.
   */
  sweep: { lanes: number; connections: number; concurrency: number }[]
  /** Probes of each of them. */
  sweepProbesMax: number
  /** Two commits in turn: the probes of each search, the turns, and the duration of each look. */
  against: { probesMax: number; turns: number; time: { warmUpMs: number; durationMs: number } }
  /** One customer's load beyond its limit. */
  limit: { durationMs: number }
  /** Messages that get a receipt. */
  receipts: { messages: number }
  /**
   * Reports of the last days, of a large customer and this many others; how often each is read alone, and the turns of S1
   * with readers beside it.
   */
  reports: {
    days: number
    others: number
    looks: number
    turns: number
    time: { warmUpMs: number; durationMs: number }
  }
  /** Living webhook endpoints beside a dead one: the turns, and each of the two loads of a turn. */
  deadEndpoint: { turns: number; durationMs: number }
  /** S1 to S3 with keys, and S1 with receipts and webhooks, in turn with the same without. */
  keyed: { turns: number; time: { warmUpMs: number; durationMs: number } }
  /** S1 with each share of its traces recorded, in turn with S1 without tracing. */
  tracing: { turns: number; time: { warmUpMs: number; durationMs: number } }
  /**
   * MySQL alone: the tried recipients per transaction and concurrent transactions, the duration of each trial, and how
   * many pairs are measured for longer. Then S2 and the best pair in turn: the turns, and the duration of each look.
   */
  alone: {
    batchSizes: number[]
    workers: number[]
    durationMs: number
    finalists: number
    bestDurationMs: number
    turns: number
    turnMs: number
  }
}

const SHORT: Form = {
  isShort: true,
  probe: { warmUpMs: 1_000, durationMs: 3_000 },
  run: { warmUpMs: 1_000, durationMs: 5_000 },
  singleRun: { warmUpMs: 1_000, durationMs: 3_000 },
  search: { resolution: 1.15, probesMax: 3 },
  singleProbesMax: 3,
  ofProbed: 0.85,
  lowerings: 0,
  waitingMessages: 20_000,
  waitingRows: 100_000,
  claims: 100,
  idle: { trafficMs: 3_000, quietMs: 2_000, requestsPerSecond: 20 },
  history: { messages: 150_000, ofLargeCustomer: 15_000, looks: 250 },
  auditLive: { messages: 250_000, ratePerSecond: 1_000, time: { warmUpMs: 1_000, durationMs: 10_000 } },
  throttled: { durationMs: 5_000 },
  deadlines: { durationMs: 10_000 },
  oldReadView: { messages: 50_000, time: { warmUpMs: 1_000, durationMs: 5_000 } },
  fairShare: { messages: 100_000, durationMs: 5_000 },
  weights: { messages: 60_000, durationMs: 15_000 },
  flood: { durationMs: 4_000 },
  against: { probesMax: 4, turns: 3, time: { warmUpMs: 1_000, durationMs: 5_000 } },
  keyed: { turns: 1, time: { warmUpMs: 1_000, durationMs: 5_000 } },
  tracing: { turns: 1, time: { warmUpMs: 1_000, durationMs: 5_000 } },
  limit: { durationMs: 10_000 },
  receipts: { messages: 50_000 },
  reports: { days: 31, others: 4, looks: 40, turns: 1, time: { warmUpMs: 1_000, durationMs: 10_000 } },
  deadEndpoint: { turns: 1, durationMs: 5_000 },
  sweep: [{ lanes: 8, connections: 50, concurrency: 16 }],
  sweepProbesMax: 3,
  alone: {
    ...{ batchSizes: [2_000], workers: [3], durationMs: 1_500, finalists: 1, bestDurationMs: 3_000 },
    ...{ turns: 0, turnMs: 0 },
  },
}

const WHOLE: Form = {
  isShort: false,
  probe: { warmUpMs: 2_000, durationMs: 6_000 },
  run: { warmUpMs: 5_000, durationMs: 45_000 },
  singleRun: { warmUpMs: 3_000, durationMs: 20_000 },
  search: { resolution: 1.05, probesMax: 8, retries: 1 },
  singleProbesMax: 3,
  ofProbed: 0.93,
  lowerings: 3,
  waitingMessages: 100_000,
  waitingRows: 1_000_000,
  claims: 400,
  idle: { trafficMs: 15_000, quietMs: 12_000, requestsPerSecond: 10 },
  history: { messages: 10_000_000, ofLargeCustomer: 1_000_000, looks: 500 },
  auditLive: { messages: 2_000_000, ratePerSecond: 3_000, time: { warmUpMs: 15_000, durationMs: 30_000 } },
  throttled: { durationMs: 20_000 },
  deadlines: { durationMs: 30_000 },
  oldReadView: { messages: 500_000, time: { warmUpMs: 3_000, durationMs: 15_000 } },
  fairShare: { messages: 1_000_000, durationMs: 20_000 },
  weights: { messages: 180_000, durationMs: 60_000 },
  flood: { durationMs: 10_000 },
  against: { probesMax: 8, turns: 9, time: { warmUpMs: 3_000, durationMs: 20_000 } },
  keyed: { turns: 2, time: { warmUpMs: 2_000, durationMs: 7_000 } },
  tracing: { turns: 9, time: { warmUpMs: 3_000, durationMs: 20_000 } },
  limit: { durationMs: 20_000 },
  receipts: { messages: 100_000 },
  reports: { days: 31, others: 15, looks: 150, turns: 5, time: { warmUpMs: 3_000, durationMs: 20_000 } },
  deadEndpoint: { turns: 3, durationMs: 20_000 },
  sweep: [
    { lanes: 8, connections: 50, concurrency: 16 },
    { lanes: 16, connections: 100, concurrency: 32 },
  ],
  sweepProbesMax: 5,
  alone: {
    batchSizes: [500, 1_000, 2_000],
    workers: [2, 4],
    durationMs: 6_000,
    finalists: 1,
    bestDurationMs: 20_000,
    turns: 4,
    turnMs: 15_000,
  },
}

export function formOf(name: 'short' | 'whole', seconds: number | undefined): Form {
  const form = name === 'short' ? SHORT : WHOLE
  if (seconds === undefined) return form
  const durationMs = seconds * 1_000
  return {
    ...form,
    run: { ...form.run, durationMs },
    singleRun: { ...form.singleRun, durationMs },
    against: { ...form.against, time: { ...form.against.time, durationMs } },
    limit: { durationMs },
    reports: { ...form.reports, time: { ...form.reports.time, durationMs } },
    keyed: { ...form.keyed, time: { ...form.keyed.time, durationMs } },
    tracing: { ...form.tracing, time: { ...form.tracing.time, durationMs } },
    auditLive: { ...form.auditLive, time: { ...form.auditLive.time, durationMs } },
  }
}
