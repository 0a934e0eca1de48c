import { sql } from 'kysely'
import type { Reader } from '../platform/db/index.ts'
import { countWaiting } from './waiting.ts'

/** Receipts that matched no message, for people: how many, and why. */
export interface Unmatched {
  waiting: number
  orphan: number
  /** Of the newest orphans, the most frequent first. */
  reasons: { reason: string; count: number }[]
}

/** Of these the reasons are counted. */
const NEWEST = 500
const REASONS_MAX = 10

/** Counts up to a bound; it reads no message. */
export async function countUnmatched(reader: Reader, countMax: number): Promise<Unmatched> {
  const counts = await countWaiting(reader, countMax)
  if (counts.orphan === 0) return { ...counts, reasons: [] }
  const { rows } = await sql<{ reason: string; count: number }>`
    SELECT COALESCE(reason, 'not tried yet') AS reason, COUNT(*) AS count
    FROM (SELECT reason FROM waiting_receipts FORCE INDEX (idx_waiting_receipts_due) WHERE state = 'orphan'
      ORDER BY state DESC, due_at DESC, id DESC LIMIT ${sql.lit(NEWEST)}) newest
    GROUP BY reason ORDER BY count DESC, reason LIMIT ${sql.lit(REASONS_MAX)}`.execute(reader)
  return { ...counts, reasons: rows.map(({ reason, count }) => ({ reason, count: Number(count) })) }
}
