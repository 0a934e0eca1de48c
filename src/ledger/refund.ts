import type { Account } from './accounts.ts'
import { propose } from './propose.ts'

/** The price of one recipient, which goes back to the customer that paid it. */
export interface Refund {
  userId: number
  smsIdentifier: string
  recipientNo: number
  amount: number
  reason: string
}

const DESCRIPTION_CHARS_MAX = 255

/**
 * Proposes refunds to accounts that this transaction has locked, the one that decides that the recipients failed
 * (invariant 3). A second refund of a recipient hits the ledger's key.
 */
export function proposeRefunds(accounts: Map<number, Account>, refunds: Refund[]): void {
  for (const { userId, smsIdentifier, recipientNo, amount, reason } of refunds) {
    const account = accounts.get(userId)
    if (!account) throw new Error(`customer ${userId} has a refund and no locked balance`)
    propose(account, {
      transactionId: smsIdentifier,
      recipientNo,
      type: 'refund',
      amount,
      description: `refund: ${reason}`.slice(0, DESCRIPTION_CHARS_MAX),
    })
  }
}
