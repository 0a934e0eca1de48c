import type { TransactionType } from '../../db/schema.ts'
import type { FirstAnswer, Keyed } from '../idempotency/index.ts'

/** The ledger row that ended a page, by the customer's running number. */
export interface BalanceCursor {
  seq: number
}

export interface BalanceQuery {
  userId: number
  limit: number
  cursor?: BalanceCursor | undefined
}

/** One row of the ledger. `amount` is signed; all amounts of a customer sum to the balance. */
export interface LedgerItem {
  transactionId: string
  amount: number
  transactionType: TransactionType
  description: string
  createdAt: Date
}

export interface BalancePage {
  balance: number
  transactions: LedgerItem[]
  nextCursor: BalanceCursor | null
  /** Older rows were removed; what they came to. */
  removed?: { beginsAt: string; broughtForward: number } | undefined
}

export interface TopUpRequest {
  userId: number
  amount: number
  description: string
  /** The idempotency key, and the answer that a repeat gets as well. */
  keyed?: Keyed<Added> | undefined
}

export interface Added {
  kind: 'added'
  /** The one after it. */
  balance: number
  transactionId: string
}

/**
 * The result of a top-up.
 * - added: committed.
 * - replayed: the idempotency key was used by the same top-up before; its first answer, and nothing was changed.
 * - key_reused: another request used the key; nothing was changed.
 * - balance_limit: the balance would pass what a number holds exactly; nothing was changed.
 * - outcome_unknown: the answer to the commit was lost and could not be found out; look it up in the balance.
 */
export type TopUpDecision =
  | Added
  | { kind: 'replayed'; answer: FirstAnswer }
  | { kind: 'key_reused' }
  | { kind: 'balance_limit' }
  | { kind: 'outcome_unknown'; transactionId: string }
