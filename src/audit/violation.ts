/** One broken promise, with what a person needs to look it up. */
export interface Violation {
  rule: Rule
  /** Names the customer, the message or the row. */
  subject: string
  explanation: string
}

/** What the audit proves, in the words of its table. */
export const RULES = {
  balance: 'balance = last running balance of the ledger, never negative',
  chain: 'the ledger is an unbroken chain for every customer',
  charge: 'every request was charged price x recipients, once',
  refund: 'every failed recipient was refunded its price once, and none other',
  outbox: 'every unfinished recipient is named by an outbox row',
  dangling: 'every outbox row names recipients that exist',
  state: 'states are legal and complete',
} as const

export type Rule = keyof typeof RULES

/** What one pass over a table came to. */
export interface Pass {
  rows: number
  violations: Violation[]
}

/** Called as rows are examined, for a display of progress. */
export type OnProgress = (table: string, rows: number) => void
