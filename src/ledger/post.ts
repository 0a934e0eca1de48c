import { sql } from 'kysely'
import type { TransactionType } from '../../db/schema.ts'
import type { Tx } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import type { Account } from './accounts.ts'

/** One movement of money. Its key is (transactionId, recipientNo): written twice it is refused by the database. */
export interface Entry {
  account: Account
  transactionId: string
  /** 0 for a top-up or a whole request's charge; a refund carries its recipient's number. */
  recipientNo: number
  /** Signed: they sum to the balance. */
  amount: number
  type: TransactionType
  description: string
}

/** Rows of one INSERT: keeps a statement far below max_allowed_packet. */
const ROWS_PER_INSERT_MAX = 500

/**
 * Writes movements of locked accounts, in the given order, and the balances they lead to (promises 2 and 6). Each row
 * carries the customer's running number and the balance after it, so that an audit walks the chain without trusting
 * clocks. Changes the accounts to what stands in the database after the commit.
 */
export async function post(tx: Tx, entries: Entry[]): Promise<void> {
  if (entries.length === 0) return
  const rows = entries.map((entry) => {
    const { account } = entry
    account.balance += entry.amount
    account.lastSeq += 1
    assertWithinBounds(account)
    return {
      transaction_id: identifierToBytes(entry.transactionId),
      recipient_no: entry.recipientNo,
      user_id: account.userId,
      seq: account.lastSeq,
      amount: entry.amount,
      balance_after: account.balance,
      transaction_type: entry.type,
      description: entry.description,
      created_at: sql<Date>`NOW(3)`,
    }
  })
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT_MAX) {
    await tx
      .insertInto('user_transactions')
      .values(rows.slice(start, start + ROWS_PER_INSERT_MAX))
      .execute()
  }
  await writeBalances(tx, [...new Set(entries.map(({ account }) => account))])
}

async function writeBalances(tx: Tx, accounts: Account[]): Promise<void> {
  const balances = sql.join(
    accounts.map(({ userId, balance }) => sql`WHEN ${userId} THEN ${balance}`),
    sql` `,
  )
  const seqs = sql.join(
    accounts.map(({ userId, lastSeq }) => sql`WHEN ${userId} THEN ${lastSeq}`),
    sql` `,
  )
  await sql`UPDATE user_balances FORCE INDEX (PRIMARY)
    SET balance = CASE user_id ${balances} END, last_seq = CASE user_id ${seqs} END, last_updated = NOW(3)
    WHERE user_id IN (${sql.join(accounts.map(({ userId }) => userId))})`.execute(tx)
}

/** Callers decide before they post; this is the second check of the same rule on another path. */
function assertWithinBounds({ userId, balance }: Account): void {
  if (!Number.isSafeInteger(balance) || balance < 0)
    throw new Error(`customer ${userId} would have a balance of ${balance}`)
}
