import { sql } from 'kysely'
import type { Reader } from '../platform/db/index.ts'
import { decodeRanges } from './envelope.ts'
import type { RecipientRange } from './envelope.ts'
import { LANES } from './lanes.ts'
import type { MessageClass } from '../primitives/messageClass.ts'

/** @returns what the oldest rows of a class reference, all customers'; `floor`: there are more rows. */
export async function readOldestRanges(
  reader: Reader,
  type: MessageClass,
  rowsMax: number,
): Promise<{ ranges: RecipientRange[]; floor: RecipientRange | undefined }> {
  const { ready, waiting } = LANES[type]
  const { rows } = await sql<{ payload: string }>`
    SELECT payload FROM outbox_events FORCE INDEX (PRIMARY)
    WHERE lane IN (${ready}, ${waiting}) ORDER BY id LIMIT ${sql.lit(rowsMax)}`.execute(reader)
  const ranges = rows.flatMap(({ payload }) => decodeRanges(payload) ?? [])
  return { ranges, floor: rows.length < rowsMax ? undefined : ranges.at(-1) }
}
