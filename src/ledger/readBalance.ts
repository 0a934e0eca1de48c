import { historyBeginsAt, readBroughtForward, readHistoryBegins } from '../history/index.ts'
import { read } from '../platform/db/index.ts'
import type { Db, Reader } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
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
    // After the rows, so that no row is both listed and brought forward, nor neither.
    const { ledger } = await readHistoryBegins(reader)
    const isThere = beginsWith(ledger)
    const page = rows.slice(0, query.limit)
    const last = page.at(-1)
    return {
      balance: account.balance,
      transactions: page.filter(isThere).map((row) => ({
        transactionId: transactionIdOf(row.transaction_id, row.recipient_no),
        amount: row.amount,
        transactionType: row.transaction_type,
        description: row.description,
        createdAt: row.created_at,
      })),
      nextCursor: rows.length > query.limit && last ? { seq: last.seq } : null,
      removed: await readRemoved(reader, query.userId, ledger),
    }
  })
}

/** Rows of a week that is about to be removed are brought forward already. */
function beginsWith(ledger: string | null): (row: { transaction_id: Buffer }) => boolean {
  const first = ledger === null ? Buffer.alloc(0) : identifierToBytes(ledger)
  return (row) => Buffer.compare(row.transaction_id, first) >= 0
}

async function readRemoved(
  reader: Reader,
  userId: number,
  ledger: string | null,
): Promise<BalancePage['removed']> {
  const beginsAt = historyBeginsAt(ledger)
  if (beginsAt === undefined) return undefined
  return { beginsAt, broughtForward: await readBroughtForward(reader, userId) }
}

/** A refund's identifier is its message's with the recipient's number behind it. */
function transactionIdOf(bytes: Buffer, recipientNo: number): string {
  const identifier = identifierFromBytes(bytes)
  return recipientNo === 0 ? identifier : `${identifier}:${recipientNo}`
}
