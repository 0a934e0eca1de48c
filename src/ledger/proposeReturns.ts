import type { Account } from './accounts.ts'
import { propose } from './propose.ts'
import type { ReturnType } from './transactionTypes.ts'

/** What goes back for one recipient to the customer that paid it. */
export interface Return {
  userId: number
  smsIdentifier: string
  recipientNo: number
  type: ReturnType
  amount: number
  reason: string
}

const DESCRIPTION_CHARS_MAX = 255

/**
 * Proposes returns to accounts that this transaction has locked, the one that decides under the recipients' locks that they
 * are due (invariant 3). A second one of a recipient and type hits the ledger's key.
 */
export function proposeReturns(accounts: Map<number, Account>, returns: readonly Return[]): void {
  for (const { userId, smsIdentifier, recipientNo, type, amount, reason } of returns) {
    const account = accounts.get(userId)
    if (!account) throw new Error(`customer ${userId} has a ${type} and no locked balance`)
    propose(account, {
      transactionId: smsIdentifier,
      recipientNo,
      type,
      amount,
      description: `${type}: ${reason}`.slice(0, DESCRIPTION_CHARS_MAX),
    })
  }
}
