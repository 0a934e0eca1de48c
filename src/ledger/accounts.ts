import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { list } from '../platform/db/index.ts'
import type { Tx } from '../platform/db/index.ts'

/** A customer's money as it stands under the row lock. */
export interface Account {
  userId: number
  balance: number
  /** The running number of the latest ledger row. */
  lastSeq: number
}

/**
 * Locks the balances of the customers, by primary key and in its order, so that no two transactions wait on each
 * other in a circle. Customers without a row are missing from the answer. The index is named because MySQL otherwise
 * reads, and locks, all customers when the list is long or the table small.
 */
export async function lockAccounts(tx: Tx, userIds: Iterable<number>): Promise<Map<number, Account>> {
  return selectForUpdate(
    tx,
    [...new Set(userIds)].sort((a, b) => a - b),
    sql``,
  )
}

async function selectForUpdate(
  tx: Tx,
  ids: number[],
  unless: RawBuilder<unknown>,
): Promise<Map<number, Account>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<{ user_id: number; balance: number; last_seq: number }>`
    SELECT user_id, balance, last_seq FROM user_balances FORCE INDEX (PRIMARY)
    WHERE user_id IN (${list(ids)}) ORDER BY user_id FOR UPDATE ${unless}`.execute(tx)
  return new Map(
    rows.map((row) => [row.user_id, { userId: row.user_id, balance: row.balance, lastSeq: row.last_seq }]),
  )
}

/**
 * Locks those balances that nobody else holds, waiting for none. `held`: the customers whose rows are there and locked
 * elsewhere.
 */
export async function lockFreeAccounts(
  tx: Tx,
  userIds: Iterable<number>,
): Promise<{ accounts: Map<number, Account>; held: Set<number> }> {
  const ids = [...new Set(userIds)].sort((a, b) => a - b)
  const accounts = await selectForUpdate(tx, ids, sql`SKIP LOCKED`)
  const missing = ids.filter((id) => !accounts.has(id))
  if (missing.length === 0) return { accounts, held: new Set() }
  const { rows } = await sql<{ user_id: number }>`
    SELECT user_id FROM user_balances FORCE INDEX (PRIMARY) WHERE user_id IN (${list(missing)})`.execute(tx)
  return { accounts, held: new Set(rows.map(({ user_id }) => user_id)) }
}

/** Gives a customer a row when there is none. The update of a duplicate takes the row's lock, an ignored one would
 * share it and two of them deadlock. */
export async function ensureAccount(tx: Tx, userId: number): Promise<void> {
  await sql`INSERT INTO user_balances (user_id, balance, last_seq, last_updated) VALUES (${userId}, 0, 0, NOW(3))
    ON DUPLICATE KEY UPDATE last_seq = last_seq`.execute(tx)
}
