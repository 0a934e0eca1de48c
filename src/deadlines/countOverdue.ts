import { sql } from 'kysely'
import { findOpenRanges, inOpenStates } from '../messages/index.ts'
import type { KeyRange } from '../messages/index.ts'
import { readOldestRanges } from '../outbox/index.ts'
import type { Reader } from '../platform/db/index.ts'

/** Unfinished recipients whose guarantee is over already: they will be misses when they end. */
export interface Overdue {
  recipients: number
  /** Not all rows were examined. */
  isLeast: boolean
}

/** Ranges that are examined. Unfinished work is referenced by the outbox, which is small (invariant 4). */
const RANGES_MAX = 1_000

/** @param userId of this customer; of all, if left out. */
export async function countOverdue(reader: Reader, userId: number | undefined): Promise<Overdue> {
  const { ranges, floor } =
    userId === undefined
      ? await readOldestRanges(reader, 'express', RANGES_MAX)
      : await findOpenRanges(reader, { userId, rowsMax: RANGES_MAX })
  return { recipients: await count(reader, ranges), isLeast: floor !== undefined }
}

async function count(reader: Reader, ranges: KeyRange[]): Promise<number> {
  if (ranges.length === 0) return 0
  const asked = ranges.map(({ smsIdentifier, first, last }) => [
    ...[smsIdentifier.replaceAll('-', ''), first, last],
  ])
  const { rows } = await sql<{ recipients: number | string }>`
    SELECT COUNT(DISTINCT s.sms_identifier, s.recipient_no) AS recipients
    FROM JSON_TABLE(${JSON.stringify(asked)}, '$[*]' COLUMNS (id CHAR(32) PATH '$[0]',
        first SMALLINT UNSIGNED PATH '$[1]', last SMALLINT UNSIGNED PATH '$[2]')) asked
      STRAIGHT_JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = UNHEX(asked.id)
      STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = r.sms_identifier
        AND s.recipient_no BETWEEN asked.first AND asked.last
    WHERE r.guaranteed_by < NOW(3) AND s.status ${inOpenStates()}`.execute(reader)
  return Number(rows[0]?.recipients ?? 0)
}
