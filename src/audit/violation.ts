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
  charge: 'every request was charged the price of its recipients, once',
  refund: 'every failed or cancelled recipient was refunded its price once, and no other',
  customer: 'all rows of a message are of one customer',
  state: 'states are legal and complete',
  attempts: 'submissions without a result are bounded and marked before they are repeated',
  outbox: 'every unfinished recipient is referenced by an outbox row, or quarantined',
  quarantine: 'every quarantined recipient is in sms_quarantine, without an owner and an outbox row',
  dangling: 'every outbox row references recipients that exist',
  lane: 'every outbox row is in a lane of its class',
  due: 'every outbox row is due within the longest lease, or as scheduled',
} as const

export type Rule = keyof typeof RULES

/** How many submissions of one recipient may be without a result, by class (decision 0017). */
export type SubmissionsMax = Record<MessageClass, number>

/** Repeated here deliberately: the audit shares no bound with the code that it checks. A setting may only raise it. */
export const SUBMISSIONS_MAX: SubmissionsMax = { normal: 3, express: 2 }

export function atLeastDefault({ normal, express }: SubmissionsMax): SubmissionsMax {
  return {
    normal: Math.max(normal, SUBMISSIONS_MAX.normal),
    express: Math.max(express, SUBMISSIONS_MAX.express),
  }
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
