import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { Reader, Tx } from '../../src/platform/db/index.ts'

/** The database's time as an order key of a waiting row: microseconds since the epoch. */
export const NOW_KEY = sql`CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)`

/**
 * Waiting rows (express 1, normal 3) come due at once, as time alone would let them. Rows that the engine has locked are
 * passed over: it is at work on them, and waiting for them here could end in a deadlock.
 */
export async function makeDue(tx: Tx, condition: RawBuilder<unknown>): Promise<void> {
  const { rows } = await sql<{ id: Buffer }>`SELECT id FROM outbox_events
    WHERE lane IN (1, 3) AND order_key > ${NOW_KEY} AND ${condition} FOR UPDATE SKIP LOCKED`.execute(tx)
  if (rows.length === 0) return
  await sql`UPDATE outbox_events SET order_key = ${NOW_KEY}
    WHERE lane IN (1, 3) AND id IN (${sql.join(rows.map(({ id }) => id))})`.execute(tx)
}

/** The rows that wait for a later time, locked or not. */
export async function readWaiting(
  reader: Reader,
  condition: RawBuilder<unknown>,
): Promise<{ id: Buffer; order_key: number }[]> {
  const { rows } = await sql<{ id: Buffer; order_key: number }>`SELECT id, order_key FROM outbox_events
    WHERE lane IN (1, 3) AND order_key > ${NOW_KEY} AND ${condition}`.execute(reader)
  return rows
}
