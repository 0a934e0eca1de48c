import { sql } from 'kysely'
import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { PRIORITY } from './priority.ts'
import type { MessageClass } from '../primitives/messageClass.ts'

export interface Depth {
  /** Outbox rows of the class, counted up to DEPTH_MAX. */
  rows: number
  /** Seconds since the row that is due first came due; 0 when none is. */
  oldestDueSeconds: number
}

/** Counting stops here: the number is to alarm, and an exact count of a million rows costs what it measures. */
export const DEPTH_MAX = 100_000

/** @returns how much of a class waits, at a bounded cost. */
export function readDepth(db: Db, type: MessageClass): Promise<Depth> {
  return read(db, 'outbox.depth', async (reader) => {
    const { rows } = await sql<{ depth: number; oldest: number | null }>`
      SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM outbox_events WHERE priority = ${PRIORITY[type]}
                LIMIT ${sql.lit(DEPTH_MAX)}) counted) AS depth,
             (SELECT TIMESTAMPDIFF(MICROSECOND, next_run_at, NOW(6)) / 1e6 FROM outbox_events
                WHERE priority = ${PRIORITY[type]} ORDER BY next_run_at, id LIMIT 1) AS oldest`.execute(
      reader,
    )
    const [row] = rows
    return { rows: Number(row?.depth ?? 0), oldestDueSeconds: Math.max(0, Number(row?.oldest ?? 0)) }
  })
}
