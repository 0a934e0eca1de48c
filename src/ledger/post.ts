import { sql } from 'kysely'
import type { TransactionType } from '../../db/schema.ts'
import { NOW, insertRows } from '../platform/db/index.ts'
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

/**
 * Writes movements of locked accounts, in the given order, and the balances they lead to (invariants 2 and 6). Each row
 * carries the customer's running number and the balance after it, so that an audit walks the chain without trusting
 * clocks. Changes the accounts to what stands in the database after the commit.
 */
export async function post(tx: Tx, entries: Entry[]): Promise<void> {
  if (entries.length === 0) return
  const rows = entries.map(({ account, transactionId, recipientNo, amount, type, description }) => {
    account.balance += amount
    account.lastSeq += 1
    assertWithinBounds(account)
    const { userId, lastSeq, balance } = account
    const id = identifierToBytes(transactionId)
    return [id, recipientNo, userId, lastSeq, amount, balance, type, description, NOW]
  })
  await insertRows(
    tx,
    sql`INSERT INTO user_transactions (transaction_id, recipient_no, user_id, seq, amount, balance_after,
      transaction_type, description, created_at)`,
    rows,
  )
  await writeBalances(tx, [...new Set(entries.map(({ account }) => account))])
}

/**
 * Coming from a list of the new values, each row is found once by its key: a CASE with a branch for each customer is
 * searched anew for each, which for 2,000 of them costs three times as much.
 */
async function writeBalances(tx: Tx, accounts: Account[]): Promise<void> {
  const values = accounts
    .sort((a, b) => a.userId - b.userId)
    .map(({ userId, balance, lastSeq }) => [userId, balance, lastSeq])
  const { numAffectedRows } = await sql`
    UPDATE JSON_TABLE(${JSON.stringify(values)}, '$[*]' COLUMNS (user_id BIGINT PATH '$[0]' ERROR ON ERROR,
      balance BIGINT PATH '$[1]' ERROR ON ERROR, last_seq BIGINT PATH '$[2]' ERROR ON ERROR)) posted
    STRAIGHT_JOIN user_balances b FORCE INDEX (PRIMARY) ON b.user_id = posted.user_id
    SET b.balance = posted.balance, b.last_seq = posted.last_seq, b.last_updated = NOW(3)`.execute(tx)
  // What the list does not join to would be skipped without a word, and the ledger go on without its balance.
  if (Number(numAffectedRows) !== accounts.length)
    throw new Error(`${accounts.length} balances were posted and ${numAffectedRows} updated`)
}

/** Callers decide before they post; this is the second check of the same rule on another path. */
function assertWithinBounds({ userId, balance }: Account): void {
  if (!Number.isSafeInteger(balance) || balance < 0)
    throw new Error(`customer ${userId} would have a balance of ${balance}`)
}
