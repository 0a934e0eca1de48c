import { sql } from 'kysely'
import { keyIn, list } from '../platform/db/index.ts'
import type { Reader } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import type { LoggedEvent } from './types.ts'

interface Row {
  user_id: number
  seq: number
  sms_identifier: Buffer
  recipient_no: number
  version: number
  type: string
  makes_events: number
  threshold: number | null
  occurred_at: Date
}

const COLUMNS = sql`user_id, seq, sms_identifier, recipient_no, version, type, makes_events, threshold, occurred_at`

/** A customer's events after a number. */
export interface LogQuery {
  userId: number
  after: number
  limit: number
}

/** @returns a customer's events after a number, in the order of their numbers. */
export async function readEventsAfter(reader: Reader, query: LogQuery): Promise<LoggedEvent[]> {
  const [events = []] = await readEventsOfAll(reader, [query])
  return events
}

/** The same for several queries in one statement. @returns by position. */
export async function readEventsOfAll(
  reader: Reader,
  queries: readonly LogQuery[],
): Promise<LoggedEvent[][]> {
  if (queries.length === 0) return []
  const selects = queries.map(
    ({ userId, after, limit }, position) => sql`(SELECT ${sql.lit(position)} AS position, ${COLUMNS}
      FROM event_log FORCE INDEX (PRIMARY) WHERE user_id = ${userId} AND seq > ${after}
      ORDER BY user_id, seq LIMIT ${sql.lit(limit)})`,
  )
  const { rows } = await sql<Row & { position: number }>`
    ${sql.join(selects, sql` UNION ALL `)} ORDER BY position, seq`.execute(reader)
  const found = Map.groupBy(rows, ({ position }) => Number(position))
  return queries.map((_, position) => (found.get(position) ?? []).map(toEvent))
}

/** @returns those events that are still kept, by their customers and numbers. */
export async function readEvents(
  reader: Reader,
  events: readonly { userId: number; seq: number }[],
): Promise<LoggedEvent[]> {
  if (events.length === 0) return []
  const keys = events.map(({ userId, seq }) => [userId, seq])
  const { rows } = await sql<Row>`SELECT ${COLUMNS} FROM event_log FORCE INDEX (PRIMARY)
    WHERE ${keyIn(['user_id', 'seq'], keys)}`.execute(reader)
  return rows.map(toEvent)
}

/** @returns the number of a customer's latest event; 0 without any. */
export async function readLastSeq(reader: Reader, userId: number): Promise<number> {
  const row = await reader
    .selectFrom('event_sequences')
    .select('last_seq')
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row?.last_seq ?? 0
}

/** @returns the number of each customer's latest event; none without any. */
export async function readLastSeqs(reader: Reader, userIds: readonly number[]): Promise<Map<number, number>> {
  if (userIds.length === 0) return new Map()
  const { rows } = await sql<{ user_id: number; last_seq: number }>`
    SELECT user_id, last_seq FROM event_sequences FORCE INDEX (PRIMARY)
    WHERE user_id IN (${list(userIds)})`.execute(reader)
  return new Map(rows.map(({ user_id, last_seq }) => [user_id, last_seq]))
}

function toEvent(row: Row): LoggedEvent {
  return {
    ...{ userId: row.user_id, seq: row.seq, type: row.type, version: row.version },
    ...{ smsIdentifier: identifierFromBytes(row.sms_identifier), recipientNo: row.recipient_no },
    ...{ makesEvents: row.makes_events, threshold: row.threshold, occurredAt: row.occurred_at },
  }
}
