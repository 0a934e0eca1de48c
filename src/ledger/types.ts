import type { TransactionType } from '../../db/schema.ts'

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
}

export interface TopUpRequest {
  userId: number
  amount: number
  description: string
}

/**
 * What became of a top-up.
 * - added: committed; `balance` is the one after it.
 * - balance_limit: the balance would pass what a number holds exactly; nothing was changed.
 * - outcome_unknown: the answer to the commit was lost and could not be found out; look it up in the balance.
 */
export type TopUpDecision =
  | { kind: 'added'; balance: number; transactionId: string }
  | { kind: 'balance_limit' }
  | { kind: 'outcome_unknown'; transactionId: string }
