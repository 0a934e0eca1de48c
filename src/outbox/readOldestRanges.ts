import { sql } from 'kysely'
import type { Reader } from '../platform/db/index.ts'
import { decodeRanges } from './envelope.ts'
import type { RecipientRange } from './envelope.ts'
import { LANES } from './lanes.ts'
import type { MessageClass } from '../primitives/messageClass.ts'

/** @returns what the oldest rows of a class reference, all customers'. `isAll`: no row was left out, and each was readable. */
export async function readOldestRanges(
  reader: Reader,
  type: MessageClass,
  rowsMax: number,
): Promise<{ ranges: RecipientRange[]; isAll: boolean }> {
  const { ready, waiting } = LANES[type]
  const { rows } = await sql<{ payload: string }>`
    SELECT payload FROM outbox_events FORCE INDEX (PRIMARY)
    WHERE lane IN (${ready}, ${waiting}) ORDER BY id LIMIT ${sql.lit(rowsMax)}`.execute(reader)
  const read = rows.map(({ payload }) => decodeRanges(payload))
  const isAll = rows.length < rowsMax && !read.includes(undefined)
  return { ranges: read.flatMap((ranges) => ranges ?? []), isAll }
}
