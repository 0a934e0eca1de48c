import { sql } from 'kysely'
import { transact } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'

/** How long events and their deliveries can be read. */
export const EVENTS_KEPT_DAYS = 30

/** Locks its rows for some milliseconds only. Batches follow each other while they are full. */
export const EVENTS_REMOVED_MAX = 500

/** Deletes one batch of old events: of each customer the first numbers, so that what stays has no gap. @returns how many. */
export function removeOldEvents(db: Db, batchSizeMax = EVENTS_REMOVED_MAX): Promise<number> {
  return transact(db, 'events.remove_old', async (tx) => {
    const { numAffectedRows } = await sql`DELETE FROM event_log
      WHERE sequenced_at < NOW(3) - INTERVAL ${sql.lit(EVENTS_KEPT_DAYS)} DAY
      ORDER BY sequenced_at, user_id, seq LIMIT ${sql.lit(batchSizeMax)}`.execute(tx)
    return Number(numAffectedRows ?? 0)
  })
}
