import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { Tx } from '../platform/db/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { LANES } from './lanes.ts'
import { afterPlace, atOrAfter } from './place.ts'
import type { Place } from './place.ts'

export interface ReadyRow {
  id: Buffer
  order_key: number
  user_id: number | null
  payload: string
  recipients: number
  /** The database's clock in milliseconds. */
  now_ms: number
}

export interface LockLimits {
  envelopesMax: number
  recipientsMax: number
  rowsMax: number
}

/**
 * Locks ready rows in their order: as many as there may be envelopes and, when they are small, as many more as should
 * fit. Over-locking hides rows from other relays.
 */
export async function lockReady(
  tx: Tx,
  type: MessageClass,
  limits: LockLimits,
  from: Place | undefined,
): Promise<{ rows: ReadyRow[]; isFull: boolean }> {
  const firstMax = Math.min(limits.envelopesMax, limits.recipientsMax, limits.rowsMax)
  const first = await lockNext(tx, type, from && atOrAfter(from), firstMax)
  const last = first.at(-1)
  if (!last || first.length < firstMax) return { rows: first, isFull: false }
  const recipients = first.reduce((sum, row) => sum + Math.max(row.recipients, 1), 0)
  const expected = Math.ceil((limits.recipientsMax - recipients) / (recipients / first.length))
  const moreMax = Math.min(expected, limits.rowsMax - first.length)
  if (moreMax <= 0) return { rows: first, isFull: true }
  const more = await lockNext(tx, type, afterPlace({ key: last.order_key, id: last.id }), moreMax)
  return { rows: [...first, ...more], isFull: more.length >= moreMax }
}

/**
 * The index is named because the order of locking is the point. With young statistics the optimizer prefers to read the
 * whole table and sort, which locks every ready row, and other relays get none.
 */
async function lockNext(
  tx: Tx,
  type: MessageClass,
  within: RawBuilder<boolean> | undefined,
  rowsMax: number,
): Promise<ReadyRow[]> {
  const { rows } = await sql<ReadyRow>`
    SELECT id, order_key, user_id, payload, recipients,
           CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) AS now_ms
    FROM outbox_events FORCE INDEX (idx_outbox_order)
    WHERE lane = ${LANES[type].ready} ${within ? sql`AND ${within}` : sql``}
    ORDER BY order_key, id
    LIMIT ${sql.lit(rowsMax)}
    FOR UPDATE SKIP LOCKED`.execute(tx)
  return rows
}
