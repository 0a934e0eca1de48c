import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { Tx } from '../../src/platform/db/index.ts'

/** The database's time as an order key of a waiting row: microseconds since the epoch. */
export const NOW_KEY = sql`CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)`

/** Waiting rows (express 1, normal 3) come due at once, as time alone would let them. */
export async function makeDue(tx: Tx, condition: RawBuilder<unknown>): Promise<void> {
  await sql`UPDATE outbox_events SET order_key = ${NOW_KEY}
    WHERE lane IN (1, 3) AND order_key > ${NOW_KEY} AND ${condition}`.execute(tx)
}
