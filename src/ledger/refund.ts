import type { Tx } from '../platform/db/index.ts'
import { lockAccounts } from './accounts.ts'
import { post } from './post.ts'

/** The price of one recipient, to go back to the customer who paid it. */
export interface Refund {
  userId: number
  smsIdentifier: string
  recipientNo: number
  amount: number
  reason: string
}

const DESCRIPTION_CHARS_MAX = 255

/**
 * Gives money back in the transaction that decided that these recipients failed (invariant 3). A second refund of the
 * same recipient hits the ledger's key.
 */
export async function refund(tx: Tx, refunds: Refund[]): Promise<void> {
  const accounts = await lockAccounts(
    tx,
    refunds.map(({ userId }) => userId),
  )
  const entries = refunds.map(({ userId, smsIdentifier, recipientNo, amount, reason }) => {
    const account = accounts.get(userId)
    if (!account) throw new Error(`customer ${userId} is to be refunded and has no balance`)
    const description = `refund: ${reason}`.slice(0, DESCRIPTION_CHARS_MAX)
    return {
      account,
      transactionId: smsIdentifier,
      recipientNo,
      amount,
      type: 'refund' as const,
      description,
    }
  })
  await post(tx, entries)
}
