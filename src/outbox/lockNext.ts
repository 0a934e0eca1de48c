import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { Tx } from '../platform/db/index.ts'
import { LANES, sqlMicrosFromNow } from './lanes.ts'
import type { Lane } from './lanes.ts'
import { afterPlace, atOrAfter } from './place.ts'
import type { Place } from './place.ts'

/** A row that may be claimed: a ready one, or a waiting one that is due. */
export interface ClaimableRow {
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
 * Locks claimable rows in their order: as many as there may be envelopes and, when they are small, as many more as
 * should fit. Over-locking hides rows from other relays.
 */
export async function lockNext(
  tx: Tx,
  { type, condition }: Lane,
  limits: LockLimits,
  from: Place | undefined,
): Promise<{ rows: ClaimableRow[]; isFull: boolean }> {
  const due = condition === 'waiting' ? [sql<boolean>`order_key <= ${sqlMicrosFromNow()}`] : []
  const lock = (within: RawBuilder<boolean>[], rowsMax: number) =>
    lockInOrder(tx, LANES[type][condition], [...due, ...within], rowsMax)
  const firstMax = Math.min(limits.envelopesMax, limits.recipientsMax, limits.rowsMax)
  const first = await lock(from ? [atOrAfter(from)] : [], firstMax)
  const last = first.at(-1)
  if (!last || first.length < firstMax) return { rows: first, isFull: false }
  const recipients = first.reduce((sum, row) => sum + Math.max(row.recipients, 1), 0)
  const expected = Math.ceil((limits.recipientsMax - recipients) / (recipients / first.length))
  const moreMax = Math.min(expected, limits.rowsMax - first.length)
  if (moreMax <= 0) return { rows: first, isFull: true }
  const more = await lock([afterPlace({ key: last.order_key, id: last.id })], moreMax)
  return { rows: [...first, ...more], isFull: more.length >= moreMax }
}

/**
 * The index is named because the order of locking is the point. With young statistics the optimizer prefers to read the
 * whole table and sort, which locks every ready row, and other relays get none.
 */
async function lockInOrder(
  tx: Tx,
  lane: number,
  within: RawBuilder<boolean>[],
  rowsMax: number,
): Promise<ClaimableRow[]> {
  const { rows } = await sql<ClaimableRow>`
    SELECT id, order_key, user_id, payload, recipients,
           CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) AS now_ms
    FROM outbox_events FORCE INDEX (idx_outbox_order)
    WHERE ${sql.join([sql`lane = ${lane}`, ...within], sql` AND `)}
    ORDER BY order_key, id
    LIMIT ${sql.lit(rowsMax)}
    FOR UPDATE SKIP LOCKED`.execute(tx)
  return rows
}
