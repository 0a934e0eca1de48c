/** One broken promise, with what a person needs to look it up. */
export interface Violation {
  rule: Rule
  /** Names the customer, the message or the row. */
  subject: string
  explanation: string
}

/** What the tables prove by themselves, in the words of the audit's table. */
export const TABLE_RULES = {
  balance: 'balance = last running balance of the ledger, never negative',
  chain: 'the ledger is an unbroken chain for every customer',
  charge: 'every request was charged price x recipients, once',
  refund: 'every failed recipient was refunded its price once, and none other',
  outbox: 'every unfinished recipient is named by an outbox row',
  dangling: 'every outbox row names recipients that exist',
  state: 'states are legal and complete',
} as const

/** What they prove together with the operators' own record. */
export const RECORD_RULES = {
  taken: 'every recipient that is done was taken by an operator',
  known: 'every reference that an operator took is a recipient',
  sent: 'every recipient that an operator took is done, or marked as possibly sent, or unfinished',
  duplicate: 'every recipient that was taken more than once is marked as a possible duplicate',
} as const

export const RULES = { ...TABLE_RULES, ...RECORD_RULES }

export type Rule = keyof typeof RULES

/** All that was found: counted without a limit, explained up to one. */
export interface Findings {
  counts: Record<Rule, number>
  /** At most KEPT_MAX of each rule. */
  violations: Violation[]
}

/** More of a rule have the same cause more often than not, and ten million of them must not fill the memory. */
const KEPT_MAX = 100

export function noFindings(): Findings {
  const counts = Object.fromEntries(Object.keys(RULES).map((rule) => [rule, 0])) as Findings['counts']
  return { counts, violations: [] }
}

export function addFindings(findings: Findings, violations: readonly Violation[]): void {
  for (const violation of violations)
    if (findings.counts[violation.rule]++ < KEPT_MAX) findings.violations.push(violation)
}

export function countFindings({ counts }: Findings): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
