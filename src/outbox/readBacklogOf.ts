import { sql } from 'kysely'
import { list } from '../platform/db/index.ts'
import type { Reader } from '../platform/db/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { decodeRanges } from './envelope.ts'
import { NEWEST_MERGED } from './findOpen.ts'
import { LANES } from './lanes.ts'
import { SCHEDULED_AS } from './scheduled.ts'

/** What of a class a customer has in the outbox, in recipients. */
export interface CustomerBacklog {
  /** They wait for their turn. `lastKey` is that of the last of them, or where the next one would stand. */
  ready: { recipients: number; oldestAt: Date | null; firstKey: number; lastKey: number }
  /** They wait for a time: their own, or that of the customer's window or rate. */
  scheduled: { recipients: number; firstAt: Date | null; lastAt: Date | null }
  /** On their way to an operator, or backing off after an attempt. */
  underWay: number
  /** There are more than were counted. */
  isLeast: boolean
}

/** Rows that are counted of each lane, which takes some 20 ms. */
const ROWS_MAX = 10_000

interface Group {
  lane: number
  is_scheduled: number
  row_count: number
  recipients: number | string
  oldest_at: Date
  first_key: number
  last_key: number
}

/** @returns a customer's unfinished messages of a class, counted up to a bound. */
export async function readBacklogOf(
  reader: Reader,
  userId: number,
  type: MessageClass,
): Promise<CustomerBacklog> {
  const lanes = LANES[type]
  const { rows } = await sql<Group>`
    SELECT lane, is_scheduled, COUNT(*) AS row_count, SUM(recipients) AS recipients, MIN(created_at) AS oldest_at,
           MIN(order_key) AS first_key, MAX(order_key) AS last_key
    FROM (${selectOwn(userId, lanes.ready)} UNION ALL ${selectOwn(userId, lanes.waiting)}) own
    GROUP BY lane, is_scheduled`.execute(reader)
  const ready = rows.find(({ lane }) => lane === lanes.ready)
  const waiting = rows.filter(({ lane }) => lane === lanes.waiting)
  const scheduled = waiting.find(({ is_scheduled }) => is_scheduled === 1)
  const leased = waiting.find(({ is_scheduled }) => is_scheduled === 0)
  const isCut = (groups: Group[]) => groups.reduce((sum, { row_count }) => sum + row_count, 0) >= ROWS_MAX
  const isReadyCut = ready !== undefined && isCut([ready])
  return {
    ready: {
      ...{ recipients: Number(ready?.recipients ?? 0), oldestAt: ready?.oldest_at ?? null },
      firstKey: ready?.first_key ?? 0,
      lastKey: isReadyCut ? await readLastTag(reader, userId, ready) : (ready?.last_key ?? 0),
    },
    scheduled: {
      recipients: Number(scheduled?.recipients ?? 0),
      firstAt: scheduled ? new Date(scheduled.first_key / 1_000) : null,
      lastAt: scheduled && !isCut(waiting) ? new Date(scheduled.last_key / 1_000) : null,
    },
    underWay: Number(leased?.recipients ?? 0) + (await countMerged(reader, userId, lanes.waiting)),
    isLeast: isReadyCut || isCut(waiting),
  }
}

function selectOwn(userId: number, lane: number) {
  return sql`(SELECT lane, order_key, recipients, created_at,
      COALESCE(last_error IN (${list(Object.values(SCHEDULED_AS))}), FALSE) AS is_scheduled
    FROM outbox_events FORCE INDEX (idx_outbox_user) WHERE user_id = ${userId} AND lane = ${lane}
    LIMIT ${sql.lit(ROWS_MAX)})`
}

/** Where the customer's next message would stand: behind the last row that was not counted. */
async function readLastTag(reader: Reader, userId: number, { last_key }: Group): Promise<number> {
  const { rows } = await sql<{ fair_tag: number }>`
    SELECT fair_tag FROM user_balances WHERE user_id = ${userId}`.execute(reader)
  return Math.max(last_key, rows[0]?.fair_tag ?? 0)
}

/** Of the newest merged rows alone: see findOpen. */
async function countMerged(reader: Reader, userId: number, lane: number): Promise<number> {
  const { rows } = await sql<{ payload: string }>`
    SELECT o.payload
    FROM ${NEWEST_MERGED} newest STRAIGHT_JOIN outbox_events o FORCE INDEX (PRIMARY) ON o.id = newest.id
    WHERE o.lane = ${lane}
      AND (LOCATE(${`,${userId}]`}, o.payload) > 0 OR LOCATE(${`,${userId},"`}, o.payload) > 0)`.execute(
    reader,
  )
  const ranges = rows.flatMap(({ payload }) => decodeRanges(payload) ?? [])
  return ranges
    .filter((range) => range.userId === userId)
    .reduce((sum, { first, last }) => sum + last - first + 1, 0)
}
