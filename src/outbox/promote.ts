import { sql } from 'kysely'
import { transact } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { LANES, sqlMicrosFromNow } from './lanes.ts'

export interface Promotion {
  rows: number
  /** The key of the last promoted row when more may be due from there on. */
  moreFromKey?: number
}

/** Rows in one transaction. It takes some 20 ms, for which a claim may have to wait. */
export const PROMOTE_ROWS_MAX = 500

/**
 * Moves due waiting rows (expired leases, retries, scheduled rows) to the ready lane, starting at a key. They enter at
 * the published position: before other ready rows, and where no claim has passed. Their customers' tags do not advance.
 * Rows locked by another session are left for later. Selecting a column outside the index, as in a look-up, keeps MySQL
 * from scanning and locking the whole index.
 */
export function promote(db: Db, type: MessageClass, fromKey: number): Promise<Promotion> {
  const { ready, waiting } = LANES[type]
  return transact(db, 'outbox.promote', async (tx) => {
    const { rows } = await sql<{ id: Buffer; order_key: number }>`
      SELECT id, order_key, recipients FROM outbox_events FORCE INDEX (idx_outbox_order)
      WHERE lane = ${waiting} AND order_key >= ${fromKey} AND order_key <= ${sqlMicrosFromNow()}
      ORDER BY order_key, id
      LIMIT ${sql.lit(PROMOTE_ROWS_MAX)}
      FOR UPDATE SKIP LOCKED`.execute(tx)
    const last = rows.at(-1)
    if (!last) return { rows: 0 }
    await sql`UPDATE outbox_events FORCE INDEX (PRIMARY)
      SET lane = ${ready}, order_key = (SELECT p.order_key FROM outbox_positions p WHERE p.lane = ${ready})
      WHERE lane = ${waiting} AND id IN (${sql.join(rows.map(({ id }) => id))})`.execute(tx)
    return { rows: rows.length, ...(rows.length === PROMOTE_ROWS_MAX ? { moreFromKey: last.order_key } : {}) }
  })
}
