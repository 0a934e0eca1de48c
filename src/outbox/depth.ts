import { sql } from 'kysely'
import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { LANES, sqlMicrosFromNow } from './lanes.ts'
import { LONGEST_WAIT_MS } from './lease.ts'

export interface Depth {
  /** Rows that are ready, due or leased, counted up to DEPTH_MAX; a row that comes due within a lease looks leased. */
  rows: number
  /** Rows that come due later than any lease ends: scheduled, or backing off. Counted up to DEPTH_MAX. */
  laterRows: number
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

interface Row {
  ready_rows: number
  due_rows: number | string
  later_rows: number | string
  ready_for: number | null
  due_for: number | null
}

/** @returns the unfinished work of a class, at a bounded cost. */
export function readDepth(db: Db, type: MessageClass): Promise<Depth> {
  const { ready, waiting } = LANES[type]
  const lastLeaseEnd = sqlMicrosFromNow(LONGEST_WAIT_MS)
  return read(db, 'outbox.depth', async (reader) => {
    const { rows } = await sql<Row>`
      SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM outbox_events FORCE INDEX (idx_outbox_order)
                WHERE lane = ${ready} LIMIT ${sql.lit(DEPTH_MAX)}) counted) AS ready_rows,
             due_rows, later_rows,
             (SELECT TIMESTAMPDIFF(MICROSECOND, MIN(created_at), NOW(6)) / 1e6
                FROM (SELECT created_at FROM outbox_events FORCE INDEX (idx_outbox_order) WHERE lane = ${ready}
                  ORDER BY order_key, id LIMIT ${sql.lit(OLDEST_OF_ROWS)}) first) AS ready_for,
             (SELECT (${sqlMicrosFromNow()} - order_key) / 1e6 FROM outbox_events FORCE INDEX (idx_outbox_order)
                WHERE lane = ${waiting} ORDER BY order_key, id LIMIT 1) AS due_for
      FROM (SELECT COALESCE(SUM(order_key <= ${lastLeaseEnd}), 0) AS due_rows,
                   COALESCE(SUM(order_key > ${lastLeaseEnd}), 0) AS later_rows
            FROM (SELECT order_key FROM outbox_events FORCE INDEX (idx_outbox_order) WHERE lane = ${waiting}
              ORDER BY order_key, id LIMIT ${sql.lit(DEPTH_MAX)}) first) waiting`.execute(reader)
    const [row] = rows
    return {
      rows: Math.min(DEPTH_MAX, Number(row?.ready_rows ?? 0) + Number(row?.due_rows ?? 0)),
      laterRows: Number(row?.later_rows ?? 0),
      oldestDueSeconds: Math.max(0, Number(row?.ready_for ?? 0), Number(row?.due_for ?? 0)),
    }
  })
}
