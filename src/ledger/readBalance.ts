import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import type { BalancePage, BalanceQuery } from './types.ts'

/**
 * @returns a customer's balance and a page of its ledger, newest first; balance 0 and an empty list for an unknown
 * customer. The balance is the one after the newest row, read in the same statement order: newest rows first.
 */
export function readBalance(db: Db, query: BalanceQuery): Promise<BalancePage> {
  return read(db, 'ledger.read_balance', async (reader) => {
    const account = await reader
      .selectFrom('user_balances')
      .select(['balance', 'last_seq'])
      .where('user_id', '=', query.userId)
      .executeTakeFirst()
    if (!account) return { balance: 0, transactions: [], nextCursor: null }
    // Rows written after the balance was read are left to the next call, so that the page explains the balance.
    const upTo = query.cursor ? query.cursor.seq - 1 : account.last_seq
    const rows = await reader
      .selectFrom('user_transactions')
      .selectAll()
      .where('user_id', '=', query.userId)
      .where('seq', '<=', upTo)
      .orderBy('seq', 'desc')
      .limit(query.limit + 1)
      .execute()
    const page = rows.slice(0, query.limit)
    const last = page.at(-1)
    return {
      balance: account.balance,
      transactions: page.map((row) => ({
        transactionId: transactionIdOf(row.transaction_id, row.recipient_no),
        amount: row.amount,
        transactionType: row.transaction_type,
        description: row.description,
        createdAt: row.created_at,
      })),
      nextCursor: rows.length > query.limit && last ? { seq: last.seq } : null,
    }
  })
}

/** A refund's identifier is its message's with the recipient's number behind it. */
function transactionIdOf(bytes: Buffer, recipientNo: number): string {
  const identifier = identifierFromBytes(bytes)
  return recipientNo === 0 ? identifier : `${identifier}:${recipientNo}`
}
