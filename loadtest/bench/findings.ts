import type { Baseline, Percentiles, RunResult } from '../result.ts'
import type { StatementCost } from './baselines/statementCosts.ts'
import type { Turn } from './measure/alternate.ts'
import type { MissesOfRecords } from './measure/compareMisses.ts'
import type { EstimateErrors } from './measure/estimateErrors.ts'

/** The measurements so far; judge.ts evaluates them. */
export interface Findings {
  runs: RunResult[]
  baselines: Baseline[]
  statements?: StatementCosts[]
  /** S2 and the database alone. */
  turns?: Turn[]
  claims?: ClaimTimes
  /** `quietCores`: all roles together, of one core, while nothing is sent. */
  idle?: { engine: IdleFigures; oneByOne: IdleFigures; quietCores: number }
  histories?: HistoryTimes[]
  auditLive?: AuditLive
  oldReadView?: { messages: number; without: ClaimLoad; beside: ClaimLoad }
  fairShare?: FairShare
  /** Customers with backlogs of the same size, without and with weights and a bound. */
  weights?: { plain: Shares; weighted: Shares }
  /** S1 to S3 through `/v1` with keys, each in turn with the same load without. */
  keyed?: Comparison[]
  /** S1 with traces recorded and with the operations page open, each in turn with S1 unwatched. */
  watched?: Comparison[]
  /** Parts of one limited customer over two API processes, and the bounds of what its limit admits. */
  limit?: { accepted: number; atLeast: number; atMost: number }
  /** Receipts in requests of a hundred, for messages that are done. */
  receipts?: { receipts: number; storedPerSecond: number; appliedPerSecond: number; isClean: boolean }
  /** S1 with receipts and webhooks, in turn with S1 alone. */
  followed?: Comparison
  /** From a change to the living endpoint that is told of it. */
  deadEndpoint?: { alone: Percentiles; beside: Percentiles }
  /** With an operator that takes 5 s, with hedging and without. */
  deadlines?: Deadlines[]
  /** Reports alone and beside S1, which is in turn with S1 alone. */
  reports?: { alone: ReportTimes[]; beside: ReportTimes[]; comparison: Comparison }
  /** When the timeline expected the messages of a backlog to be handed over, to when they were. */
  estimates?: EstimatesOf[]
  /** HTTP latency of express requests. The flood goes through the same process of the API, or elsewhere: another one. */
  flood?: { aloneP99Ms: number; floodedP99Ms: number; elsewhereP99Ms: number }
}

/** One scenario on two commits, or of two loads. `ours` and `theirs` are the looks in chronological order. */
export interface Comparison {
  scenario: string
  against: string
  turns: Turn[]
  ours: RunResult[]
  theirs: RunResult[]
}

/** Of one kind of backlog. */
export interface EstimatesOf extends EstimateErrors {
  name: string
  waiting: number
}

/** S5 */
export interface ClaimTimes {
  few: { rows: number; times: Percentiles }
  many: { rows: number; times: Percentiles }
  rowsPerClaim: number
}

/** S6 */
export interface IdleFigures {
  http: Percentiles
  /** From acceptance to the stored operator result. */
  handOverP50Ms: number
}

/** S8: one kind of look, for the large customer and for those of 100 messages. */
export interface HistoryTimes {
  look: string
  messages: number
  ofLargeCustomer: number
  large: Percentiles
  small: Percentiles
}

/** One kind of report, of the large customer or of smaller ones. */
export interface ReportTimes {
  look: string
  who: string
  times: Percentiles
}

/** The effect of the audit on a live system, and its own costs. */
export interface AuditLive {
  messages: number
  /** Finished messages a second at the offered rate, without the audit and with it. */
  aloneRate: number
  besideRate: number
  isClean: boolean
  /** The duration of a whole audit at full speed, after the load. */
  seconds: number
  /** The memory of the audit's process. */
  peakRssBytes: number
  cpuSeconds: number
}

/** A load, and the mean times of the relay's operations during it. */
export interface ClaimLoad {
  claimMs: number
  /** Of the look-up for rows that are due, from the remembered place. */
  lookUpMs: number
  /** Time spent in look-ups from the beginning, of the time of the load; the relays of both classes add up. */
  scanShare: number
  messagesPerSecond: number
  /** From acceptance to hand-over. */
  expressP95Ms: number
}

/** From the first acceptance of a customer's messages until the last one finished. */
export interface BulkTime {
  messages: number
  seconds: number
}

/**
 * The small customers' p99 latency from acceptance to the operator's result, and the time for all of the large
 * customer's messages.
 */
export interface FairShare {
  messages: number
  bulkAlone: BulkTime
  fairBulk: BulkTime
  fifoBulk: BulkTime
  aloneP99Ms: number
  fairP99Ms: number
  fifoP99Ms: number
}

/** The results of the guarantees of a load, as the engine lists it and as the operators' records have it. */
export interface Deadlines extends MissesOfRecords {
  isHedged: boolean
  /** From acceptance to the stored result. */
  handOver: Percentiles
  /** Messages: sent to a second operator, accepted by it first, kept from it. */
  hedges: { sent: number; won: number; withheld: number }
  missed: number
  /** What was given back, and what the prices of all that were late come to. */
  compensated: { messages: number; amount: number; ofPrices: number }
  isClean: boolean
}

/** Messages handed over a second, of each weighted customer and of the bound one. */
export interface Shares {
  perSecond: number[]
  boundPerSecond: number
  isClean: boolean
}

/** The database's CPU time by kind of statement, MySQL alone. */
export interface StatementCosts {
  title: string
  costs: StatementCost[]
}

export function runNamed({ runs }: Findings, name: string): RunResult | undefined {
  return runs.find((run) => run.name === name)
}

export function baselineNamed({ baselines }: Findings, name: string): Baseline | undefined {
  return baselines.find((baseline) => baseline.name === name)
}
