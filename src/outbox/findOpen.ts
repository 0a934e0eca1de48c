import { sql } from 'kysely'
import type { Reader } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import { decodeRanges } from './envelope.ts'
import type { RecipientRange } from './envelope.ts'

/**
 * The most merged rows that a look-up reads, newest first, which takes some 20 ms: they are in flight and therefore
 * few. After an outage there may be more, and recipients in older ones appear when these have been processed.
 */
const MERGED_ROWS_MAX = 2_000

/** Identifiers of the newest merged rows, as a table. */
export const NEWEST_MERGED = sql`(SELECT id FROM outbox_events WHERE user_id IS NULL
  ORDER BY id DESC LIMIT ${sql.lit(MERGED_ROWS_MAX)})`

/** Ranges that may hold unfinished recipients of a customer, newest request first. */
export interface OpenRanges {
  ranges: RecipientRange[]
  /** Where the look-up stopped because it had seen `rowsMax` ranges; undefined when it saw all. */
  floor?: RecipientRange
}

/**
 * Finds a customer's open messages quickly among any number of finished ones, without an index on status. Each is
 * referenced by an outbox row (invariant 4): an own row of its request or a merged one.
 */
export async function findOpen(
  reader: Reader,
  query: { userId: number; rowsMax: number; upTo?: string | undefined },
): Promise<OpenRanges> {
  const { userId, rowsMax, upTo } = query
  const own = await reader
    .selectFrom('outbox_events')
    .select('payload')
    .where('user_id', '=', userId)
    .$if(upTo !== undefined, (q) => q.where('sms_identifier', '<=', identifierToBytes(upTo ?? '')))
    .orderBy('sms_identifier', 'desc')
    .orderBy('id', 'desc')
    .limit(rowsMax)
    .execute()
  // The customer's number is the last of a range, or a trace context follows it. This filters rows before they are
  // read.
  const { rows: merged } = await sql<{ payload: string }>`
    SELECT o.payload
    FROM ${NEWEST_MERGED} newest
      STRAIGHT_JOIN outbox_events o FORCE INDEX (PRIMARY) ON o.id = newest.id
    WHERE LOCATE(${`,${userId}]`}, o.payload) > 0 OR LOCATE(${`,${userId},"`}, o.payload) > 0`.execute(reader)
  const rangesOf = (rows: { payload: string }[]) => rows.flatMap(({ payload }) => decodeRanges(payload) ?? [])
  const theirs = rangesOf(merged).filter(
    (range) => range.userId === userId && (upTo === undefined || range.smsIdentifier <= upTo),
  )
  // Sorted newest first, like the own rows. If the own rows reached the limit, there may be more below the last one.
  const found = [...rangesOf(own), ...theirs].sort((a, b) => comparePlace(b, a))
  const ranges = found.slice(0, rowsMax)
  const floor = ranges.at(-1)
  const isAll = own.length < rowsMax && found.length < rowsMax
  return isAll || !floor ? { ranges } : { ranges, floor }
}

function comparePlace(a: RecipientRange, b: RecipientRange): number {
  if (a.smsIdentifier === b.smsIdentifier) return a.first - b.first
  return a.smsIdentifier < b.smsIdentifier ? -1 : 1
}
