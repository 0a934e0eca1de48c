import type { MessageClass } from '../primitives/messageClass.ts'

/** One violation of an invariant, with the keys to look it up. */
export interface Violation<R extends string = Rule> {
  rule: R
  /** Names the customer, the message or the row. */
  subject: string
  explanation: string
}

/** The rules that the tables alone prove, as worded in the audit's output. */
export const RULES = {
  balance: 'balance = last running balance of the ledger, never negative',
  chain: 'the ledger is an unbroken chain for every customer',
  removed: 'the sums kept of removed weeks lead to the rest of the ledger, and agree with those of the weeks',
  charge: 'every request was charged the price of its recipients, once',
  refund: 'every recipient got its price back once if it failed, was cancelled or says so, and no other',
  hold: 'every price that is captured later is held until then, or until it goes back in time, and no other is',
  customer: 'all rows of a message are of one customer',
  state: 'states are legal and complete',
  delivery: 'every delivery status is that of the one receipt that was applied, of a recipient that is done',
  part: 'every part with a delivery status has its receipt, and every message the status of its parts',
  attempts: 'submissions without a result are bounded and marked before they are repeated',
  history:
    'every stored attempt is one of its recipient, and what an operator accepted did not fail unmarked',
  key: 'every idempotency key that is kept for a send names a message of its customer',
  outbox: 'every unfinished recipient is referenced by an outbox row, or quarantined',
  quarantine: 'every quarantined recipient is in sms_quarantine, without an owner and an outbox row',
  event: 'every finished recipient whose message makes events has the event of its state, once',
  sequence: "the numbers of each customer's events have no gap and end with its counter",
  report:
    'rollups of reports agree with messages and ledger, longer spans with shorter ones, all with their customers',
  deadline:
    'every recipient handed over or failed after its guarantee is a recorded miss, no other is, and those whose tariff says so are compensated once',
  bulk: "the messages of a bulk exist, are its customer's, and are as many and cost as much as it says",
  dangling: 'every outbox row references recipients that exist',
  lane: 'every outbox row is in a lane of its class',
  due: 'every outbox row is due within the longest lease or the longest wait for a retry, or as scheduled',
} as const

export type Rule = keyof typeof RULES

/** What the engine's settings allow, as far as the tables show it. */
export interface EngineLimits {
  /** Submissions of one recipient without a stored result (decision 0017). */
  submissionsMax: Record<MessageClass, number>
  /** Of messages whose requests say nothing else. */
  validityMs: Record<MessageClass, number>
  /** Between two attempts. */
  retryDelayMaxMs: Record<MessageClass, number>
}

/** Repeated here deliberately: the audit shares no bound with the code that it checks. A setting may only relax them. */
export const DEFAULT_LIMITS: EngineLimits = {
  submissionsMax: { normal: 3, express: 2 },
  validityMs: { normal: 86_400_000, express: 120_000 },
  retryDelayMaxMs: { normal: 1_800_000, express: 10_000 },
}

/** Each limit as the settings have it, or by default where that allows more. */
export function withinDefaults(settings: Partial<EngineLimits> = {}): EngineLimits {
  const { submissionsMax, validityMs, retryDelayMaxMs } = { ...DEFAULT_LIMITS, ...settings }
  return {
    submissionsMax: mostOf(submissionsMax, DEFAULT_LIMITS.submissionsMax),
    validityMs: {
      normal: Math.min(validityMs.normal, DEFAULT_LIMITS.validityMs.normal),
      express: Math.min(validityMs.express, DEFAULT_LIMITS.validityMs.express),
    },
    retryDelayMaxMs: mostOf(retryDelayMaxMs, DEFAULT_LIMITS.retryDelayMaxMs),
  }
}

type ByClass = Record<MessageClass, number>

function mostOf(one: ByClass, other: ByClass): ByClass {
  return { normal: Math.max(one.normal, other.normal), express: Math.max(one.express, other.express) }
}

/** All violations: counted without a limit, explained up to a limit. */
export interface Findings<R extends string = Rule> {
  counts: Record<R, number>
  /** At most KEPT_MAX of each rule. */
  violations: Violation<R>[]
}

/** Further violations of a rule usually have the same cause, and ten million must not fill the memory. */
const KEPT_MAX = 100

export function noFindings<R extends string>(rules: Record<R, string>): Findings<R> {
  const counts = Object.fromEntries(Object.keys(rules).map((rule) => [rule, 0])) as Record<R, number>
  return { counts, violations: [] }
}

export function addFindings<R extends string>(
  findings: Findings<R>,
  violations: readonly Violation<R>[],
): void {
  for (const violation of violations)
    if (findings.counts[violation.rule]++ < KEPT_MAX) findings.violations.push(violation)
}

export function countFindings({ counts }: Findings<string>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
