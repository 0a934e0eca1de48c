import type { Baseline, Percentiles, RunResult } from '../result.ts'
import type { StatementCost } from './baselines/statementCosts.ts'
import type { Turn } from './measure/alternate.ts'

/** What was measured so far; what follows from it is decided in judge.ts. */
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
  /** HTTP latency of express requests. */
  flood?: { aloneP99Ms: number; floodedP99Ms: number }
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
  /** From acceptance to hand-over. */
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

/** What the audit cost a live system, and what it took itself. */
export interface AuditLive {
  messages: number
  /** Messages a second of those offered that came to their end, without the audit and with it. */
  aloneRate: number
  besideRate: number
  isClean: boolean
  /** Of a whole one at full speed, when the load was over: from its start to its end. */
  seconds: number
  /** Of the audit's own process. */
  peakRssBytes: number
  cpuSeconds: number
}

/** A load, and what the relay's operations took meanwhile on average. */
export interface ClaimLoad {
  claimMs: number
  /** Of the look-up for rows that are due. */
  lookUpMs: number
  messagesPerSecond: number
}

/** From the first acceptance of a customer's messages to the end of the last one. */
export interface BulkTime {
  messages: number
  seconds: number
}

/** p99 from acceptance to hand-over of the small customers, and the time of the large customer's messages. */
export interface FairShare {
  messages: number
  bulkAlone: BulkTime
  fairBulk: BulkTime
  fifoBulk: BulkTime
  aloneP99Ms: number
  fairP99Ms: number
  fifoP99Ms: number
}

/** What each kind of statement took of the database's CPU, MySQL alone. */
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
