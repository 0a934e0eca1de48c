import { sql } from 'kysely'
import { transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'

/** Above the longest step and its rest; another relay takes over this long after one was killed. */
const LEASE_SECONDS = 120

/** Takes or extends the lease of the removal. @returns whether this process has it; otherwise another one does. */
export function takeLease(db: Db, owner: Buffer): Promise<boolean> {
  const isOurs = async (tx: Tx) => {
    const { rows } = await sql<{ is_ours: number }>`
      SELECT COALESCE(owner = ${owner}, FALSE) AS is_ours FROM retention_position WHERE id = 1`.execute(tx)
    return rows[0]?.is_ours === 1
  }
  return transact(
    db,
    'retention.take',
    async (tx) => {
      await sql`UPDATE retention_position SET owner = ${owner},
          lease_until = NOW(3) + INTERVAL ${sql.lit(LEASE_SECONDS)} SECOND
        WHERE id = 1 AND (owner IS NULL OR owner = ${owner} OR lease_until <= NOW(3))`.execute(tx)
      return isOurs(tx)
    },
    { resolve: isOurs },
  )
}

/** Releases it, so that another process goes on at once. */
export function leaveLease(db: Db, owner: Buffer): Promise<void> {
  return transact(db, 'retention.leave', async (tx) => {
    await sql`UPDATE retention_position SET owner = NULL, lease_until = NULL
      WHERE id = 1 AND owner = ${owner}`.execute(tx)
  })
}
