import { sql } from 'kysely'
import { dateTime, databaseNowMs, transact } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { LEVELS } from './levels.ts'

/** Locks its rows for some milliseconds only. Batches follow each other while they are full. */
export const ROWS_REMOVED_MAX = 2_000
/** A fold that began before a span was over its time may still write to it. */
const LONGER_MS = 3_600_000

/** Deletes one batch of rows of each level whose time is over. @returns how many of the level with the most. */
export async function removeOldRollups(db: Db, batchSizeMax = ROWS_REMOVED_MAX): Promise<number> {
  let most = 0
  for (const { table, keptMs } of LEVELS) {
    if (keptMs === Infinity) continue
    const removed = await transact(db, 'reports.remove_old', async (tx) => {
      const { numAffectedRows } = await sql`DELETE FROM ${sql.table(table)}
        WHERE started_at < ${dateTime(databaseNowMs(db) - keptMs - LONGER_MS)}
        ORDER BY started_at LIMIT ${sql.lit(batchSizeMax)}`.execute(tx)
      return Number(numAffectedRows ?? 0)
    })
    most = Math.max(most, removed)
  }
  return most
}
