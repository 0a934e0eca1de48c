import { sql } from 'kysely'
import { dateTime } from '../platform/db/index.ts'
import type { Reader } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import type { Identifier } from '../primitives/identifier.ts'
import { readPosition } from './position.ts'
import { ALL_CUSTOMERS } from './rollup.ts'

/** Recipients and money of some days, in the smallest unit. */
export interface Totals {
  recipients: number
  charged: number
  refunded: number
}

/** @returns what days of UTC come to, from one to before another. */
export async function readTotals(
  reader: Reader,
  { fromMs, belowMs }: { fromMs: number; belowMs: number },
): Promise<Totals> {
  const { rows } = await sql<Record<keyof Totals, string | number>>`
    SELECT COALESCE(SUM(messages), 0) AS recipients, COALESCE(SUM(charged), 0) AS charged,
           COALESCE(SUM(refunded), 0) AS refunded
    FROM report_days FORCE INDEX (PRIMARY)
    WHERE user_id = ${ALL_CUSTOMERS} AND started_at >= ${dateTime(fromMs)} AND started_at < ${dateTime(belowMs)}`.execute(
    reader,
  )
  const [row] = rows
  return {
    recipients: Number(row?.recipients ?? 0),
    charged: Number(row?.charged ?? 0),
    refunded: Number(row?.refunded ?? 0),
  }
}

/** Whether every message below this identifier is counted as what it is now. */
export async function isCounted(reader: Reader, below: Identifier): Promise<boolean> {
  const bound = identifierToBytes(below)
  if ((await readPosition(reader)).compare(bound) < 0) return false
  const { rows } = await sql`SELECT 1 FROM report_changes FORCE INDEX (PRIMARY)
    WHERE sms_identifier < ${bound} LIMIT 1`.execute(reader)
  return rows.length === 0
}
