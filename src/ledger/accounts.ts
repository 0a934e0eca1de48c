import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { list } from '../platform/db/index.ts'
import type { Reader, Tx } from '../platform/db/index.ts'
import type { Entry } from './entry.ts'

/** A customer's row as it stands under the row lock, and the changes proposed to it in this transaction. */
export interface Account {
  userId: number
  balance: number
  /** The running number of the latest ledger row. */
  lastSeq: number
  /** The start tag of the customer's next normal outbox row. */
  fairTag: number
  /** The customer's bucket of parts, in microseconds since the epoch (see limits). */
  partsTatMicros: number
  /** When its next normal part may leave, in microseconds since the epoch (see limits). */
  sendingTatMicros: number
  /** What it spent in the day and month of its last expense under a limit (see limits). */
  spending: { day: number; ofDay: number; ofMonth: number }
  /** Where the customer's events go, as bits (see events); 0 for nowhere. */
  eventSinks: number
  /** A charge that takes the balance below it makes an event; null for none. */
  lowBalance: number | null
  /** The database's time of the lock, in microseconds since the epoch. */
  lockedAtMicros: number
  /** Proposed and not yet written, in their order. */
  entries: Entry[]
}

/**
 * Locks the rows of the customers by primary key and in its order, so that no two transactions wait on each other in a
 * circle; unknown ones are missing. Waits for a locked row: call it before any other row is locked.
 */
export async function lockAccounts(tx: Tx, userIds: Iterable<number>): Promise<Map<number, Account>> {
  return selectForUpdate(tx, inOrder(userIds), sql``)
}

/** Locks the rows that are free and waits for none. `locked`: customers whose rows exist and are locked elsewhere. */
export async function lockFreeAccounts(
  tx: Tx,
  userIds: Iterable<number>,
): Promise<{ accounts: Map<number, Account>; locked: Set<number> }> {
  const ids = inOrder(userIds)
  const accounts = await selectForUpdate(tx, ids, sql`SKIP LOCKED`)
  const missing = ids.filter((id) => !accounts.has(id))
  if (missing.length === 0) return { accounts, locked: new Set() }
  const { rows } = await sql<{ user_id: number }>`
    SELECT user_id FROM user_balances FORCE INDEX (PRIMARY) WHERE user_id IN (${list(missing)})`.execute(tx)
  return { accounts, locked: new Set(rows.map(({ user_id }) => user_id)) }
}

/**
 * Gives a customer a row when there is none. The update of a duplicate takes the row's lock; an ignored insert would
 * share it, and two of them deadlock.
 */
export async function ensureAccount(tx: Tx, userId: number): Promise<void> {
  await sql`INSERT INTO user_balances (user_id, balance, last_seq, last_updated) VALUES (${userId}, 0, 0, NOW(3))
    ON DUPLICATE KEY UPDATE last_seq = last_seq`.execute(tx)
}

/** Whether a customer has a row, without its lock. A row that is there stays. */
export async function hasAccount(reader: Reader, userId: number): Promise<boolean> {
  const row = await reader
    .selectFrom('user_balances')
    .select('user_id')
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row !== undefined
}

interface Row {
  user_id: number
  balance: number
  last_seq: number
  fair_tag: number
  parts_tat: number
  sending_tat: number
  spend_day: number
  spent_of_day: number
  spent_of_month: number
  event_sinks: number
  low_balance: number | null
  now_micros: number
}

/** The index is named because MySQL otherwise reads and locks all customers when the list is long or the table small. */
async function selectForUpdate(
  tx: Tx,
  ids: number[],
  skipLocked: RawBuilder<unknown>,
): Promise<Map<number, Account>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<Row>`
    SELECT user_id, balance, last_seq, fair_tag, parts_tat, sending_tat, spend_day, spent_of_day,
           spent_of_month, event_sinks, low_balance, CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED) AS now_micros
    FROM user_balances FORCE INDEX (PRIMARY)
    WHERE user_id IN (${list(ids)}) ORDER BY user_id FOR UPDATE ${skipLocked}`.execute(tx)
  return new Map(rows.map((row) => [row.user_id, toAccount(row)]))
}

function toAccount(row: Row): Account {
  return {
    ...{ userId: row.user_id, balance: row.balance, lastSeq: row.last_seq, fairTag: row.fair_tag },
    ...{ partsTatMicros: row.parts_tat, sendingTatMicros: row.sending_tat },
    ...{ lockedAtMicros: row.now_micros, entries: [] },
    spending: { day: row.spend_day, ofDay: row.spent_of_day, ofMonth: row.spent_of_month },
    ...{ eventSinks: row.event_sinks, lowBalance: row.low_balance },
  }
}

function inOrder(userIds: Iterable<number>): number[] {
  return [...new Set(userIds)].sort((a, b) => a - b)
}
