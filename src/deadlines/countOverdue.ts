import { sql } from 'kysely'
import { findOpenRanges, inOpenStates, listQuarantine } from '../messages/index.ts'
import type { KeyRange } from '../messages/index.ts'
import { readOldestRanges } from '../outbox/index.ts'
import type { Reader } from '../platform/db/index.ts'

/** Unfinished recipients whose guarantee is over already: they will be misses when they end. */
export interface Overdue {
  recipients: number
  /** Not all rows were examined. */
  isLeast: boolean
}

/** Of each source. Unfinished work is referenced by the outbox or quarantined (invariant 4): both are small. */
const RANGES_MAX = 1_000

interface Named {
  ranges: KeyRange[]
  isAll: boolean
}

/** @param userId of this customer; of all, if left out. */
export async function countOverdue(reader: Reader, userId: number | undefined): Promise<Overdue> {
  const { ranges, isAll } = await (userId === undefined ? findOldest(reader) : findNewest(reader, userId))
  return { recipients: await count(reader, ranges), isLeast: !isAll }
}

/** All customers'. What is quarantined between the two reads is found twice and counted once; what a person sends again is missed. */
async function findOldest(reader: Reader): Promise<Named> {
  const named = await readOldestRanges(reader, 'express', RANGES_MAX)
  const quarantined = await listQuarantine(reader, RANGES_MAX)
  const others = quarantined.map(({ smsIdentifier, recipientNo: no }) => ({
    smsIdentifier,
    first: no,
    last: no,
  }))
  return {
    ranges: [...named.ranges, ...others],
    isAll: named.isAll && quarantined.length < RANGES_MAX,
  }
}

async function findNewest(reader: Reader, userId: number): Promise<Named> {
  const { ranges, floor } = await findOpenRanges(reader, { userId, rowsMax: RANGES_MAX })
  return { ranges, isAll: floor === undefined }
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
