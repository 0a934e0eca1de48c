import { sql } from 'kysely'
import type { Reader } from '../../platform/db/index.ts'
import { within } from './rows.ts'
import type { Span } from './spans.ts'

/**
 * Counts the rows of all customers in these spans, up to the most that may be read. @returns the time of the first row that
 * is too many, undefined where none is.
 */
export async function findExcess(
  reader: Reader,
  spans: readonly Span[],
  rowsMax: number,
): Promise<number | undefined> {
  let left = rowsMax
  for (const span of spans) {
    const { rows } = await sql<{ found: number; last: number | null }>`
      SELECT COUNT(*) AS found, UNIX_TIMESTAMP(MAX(started_at)) AS last
      FROM (SELECT started_at FROM ${sql.table(span.level.table)} WHERE ${within(span)}
        ORDER BY started_at LIMIT ${left + 1}) AS some`.execute(reader)
    const [{ found = 0, last = null } = {}] = rows
    if (found > left) return Number(last) * 1_000
    left -= found
  }
  return undefined
}
