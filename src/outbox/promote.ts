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

/** Rows in one transaction: a claim may have to wait its some 20 ms. */
export const PROMOTE_ROWS_MAX = 500

/**
 * Moves waiting rows that are due, from a key on, to the ready lane: leases that ran out, retries and scheduled rows.
 * They enter at the lane's published position, so that they go first and no claim has passed them, and the tags of
 * their customers do not advance. Rows that another session has locked are left for later. As in a look-up, a column
 * beyond the index keeps MySQL from scanning, and here locking, the whole of it.
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
