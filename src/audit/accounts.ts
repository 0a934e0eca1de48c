import { sql } from 'kysely'
import { transact } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { query } from './page.ts'

/** A customer whose balance row and audited chain differ. */
export interface ChangedAccount {
  user_id: number
  balance: number
  last_seq: number
  /** The last audited ledger row of the chain; 0 for a new customer. */
  audited_seq: number
  audited_balance: number
}

export interface AuditedAccount {
  userId: number
  seq: number
  balance: number
}

/** Customers of one statement that skips ledger rows. */
const SKIPPED_PER_STATEMENT = 10_000

/** @returns customers above a number whose chains have grown, or whose balance moved, since they were audited. */
export function readChangedAccounts(db: Db, after: number, limit: number): Promise<ChangedAccount[]> {
  return query(
    db,
    'audit.accounts_changed',
    sql<ChangedAccount>`
      SELECT b.user_id, b.balance, b.last_seq, COALESCE(a.seq, 0) AS audited_seq,
             COALESCE(a.balance, 0) AS audited_balance
      FROM user_balances b FORCE INDEX (PRIMARY)
        LEFT JOIN audit_accounts a FORCE INDEX (PRIMARY) ON a.user_id = b.user_id
      WHERE b.user_id > ${after}
        AND (b.last_seq <> COALESCE(a.seq, 0) OR b.balance <> COALESCE(a.balance, 0))
      ORDER BY b.user_id LIMIT ${sql.lit(limit)}`,
  )
}

export function saveAudited(db: Db, accounts: AuditedAccount[]): Promise<void> {
  if (accounts.length === 0) return Promise.resolve()
  const values = JSON.stringify(accounts.map(({ userId, seq, balance }) => [userId, seq, balance]))
  return transact(
    db,
    'audit.accounts_save',
    async (tx) => {
      await sql`INSERT INTO audit_accounts (user_id, seq, balance)
        SELECT audited.user_id, audited.seq, audited.balance
        FROM JSON_TABLE(${values}, '$[*]' COLUMNS (user_id BIGINT PATH '$[0]', seq BIGINT PATH '$[1]',
          balance BIGINT PATH '$[2]')) audited
        ON DUPLICATE KEY UPDATE seq = audited.seq, balance = audited.balance`.execute(tx)
    },
    // After a lost COMMIT, the same values are written again.
    { resolve: () => Promise.resolve(undefined) },
  )
}

/**
 * Marks every chain as audited up to the present. An audit that was too far behind leaves the gap to the whole pass.
 */
export async function skipToPresent(db: Db): Promise<void> {
  for (let after: number | undefined = Number.MIN_SAFE_INTEGER; after !== undefined;) {
    const accounts: ChangedAccount[] = await readChangedAccounts(db, after, SKIPPED_PER_STATEMENT)
    await saveAudited(
      db,
      accounts.map(({ user_id, last_seq, balance }) => ({ userId: user_id, seq: last_seq, balance })),
    )
    after = accounts.length < SKIPPED_PER_STATEMENT ? undefined : accounts.at(-1)?.user_id
  }
}
