import { sql } from 'kysely'
import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { LANES, sqlMicrosFromNow } from './lanes.ts'

export interface Depth {
  /** Outbox rows of the class, ready and waiting, counted up to DEPTH_MAX. */
  rows: number
  /** Seconds since the oldest ready row was written, or the first waiting row came due; 0 when there is none. */
  oldestDueSeconds: number
}

/** Counting stops here. The number is for alerts, and an exact count of a million rows is expensive. */
export const DEPTH_MAX = 100_000
/**
 * Ready rows of which the oldest is taken. A customer's rows are in order of age, and the first rows of customers with
 * a backlog have the lowest tags: the oldest row is among these unless more customers than that have a backlog.
 */
const OLDEST_OF_ROWS = 1_000

/** @returns the unfinished work of a class, at a bounded cost. */
export function readDepth(db: Db, type: MessageClass): Promise<Depth> {
  const { ready, waiting } = LANES[type]
  return read(db, 'outbox.depth', async (reader) => {
    const { rows } = await sql<{ depth: number; ready_for: number | null; due_for: number | null }>`
      SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM outbox_events FORCE INDEX (idx_outbox_order)
                WHERE lane IN (${ready}, ${waiting}) LIMIT ${sql.lit(DEPTH_MAX)}) counted) AS depth,
             (SELECT TIMESTAMPDIFF(MICROSECOND, MIN(created_at), NOW(6)) / 1e6
                FROM (SELECT created_at FROM outbox_events FORCE INDEX (idx_outbox_order) WHERE lane = ${ready}
                  ORDER BY order_key, id LIMIT ${sql.lit(OLDEST_OF_ROWS)}) first) AS ready_for,
             (SELECT (${sqlMicrosFromNow()} - order_key) / 1e6 FROM outbox_events FORCE INDEX (idx_outbox_order)
                WHERE lane = ${waiting} ORDER BY order_key, id LIMIT 1) AS due_for`.execute(reader)
    const [row] = rows
    return {
      rows: Number(row?.depth ?? 0),
      oldestDueSeconds: Math.max(0, Number(row?.ready_for ?? 0), Number(row?.due_for ?? 0)),
    }
  })
}
