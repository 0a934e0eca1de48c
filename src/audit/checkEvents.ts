import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { Db } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import { query, within } from './page.ts'
import type { Page, Scan, Span } from './page.ts'
import type { Violation } from './violation.ts'

const ROWS_PER_PAGE_MAX = 5_000
/** Below the time that events are kept: repeated here deliberately. */
const JUDGED_DAYS = 29

interface Place {
  user_id: number
  seq: number
}

/**
 * Checks that the numbers of each customer's log have no gap, from the oldest one kept on, and end with its counter:
 * one statement reads what one transaction writes. The checkpoint holds a customer only; after a restart its events are
 * read again.
 */
export function openEventScan(): Scan {
  let place: Place | undefined

  async function readPage(db: Db, { after }: { after: string }, rowsMax: number): Promise<Page> {
    const from = place ?? { user_id: after === '' ? Number.MIN_SAFE_INTEGER : Number(after), seq: -1 }
    const limit = Math.min(rowsMax, ROWS_PER_PAGE_MAX)
    const rows = await query(
      db,
      'audit.event_log_page',
      sql<Place>`SELECT user_id, seq FROM event_log FORCE INDEX (PRIMARY) WHERE ${isAfter('', from)}
        ORDER BY user_id, seq LIMIT ${sql.lit(limit)}`,
    )
    const reached = rows.at(-1)
    const violations = reached ? await findBroken(db, from, reached) : []
    place = rows.length < limit ? undefined : reached
    return { rows: rows.length, violations, end: place?.user_id.toString() }
  }

  return { name: 'events', table: 'event_log', readPage }
}

/** An event without a next one has to be the one that the counter names. */
async function findBroken(db: Db, from: Place, upTo: Place): Promise<Violation[]> {
  const rows = await query(
    db,
    'audit.event_log',
    sql<Place & { last_seq: number | null }>`
      SELECT l.user_id, l.seq, e.last_seq
      FROM event_log l FORCE INDEX (PRIMARY)
        LEFT JOIN event_log n FORCE INDEX (PRIMARY) ON n.user_id = l.user_id AND n.seq = l.seq + 1
        LEFT JOIN event_sequences e FORCE INDEX (PRIMARY) ON e.user_id = l.user_id
      WHERE ${isAfter('l.', from)} AND (l.user_id < ${upTo.user_id} OR (l.user_id = ${upTo.user_id} AND l.seq <= ${upTo.seq}))
        AND n.seq IS NULL AND COALESCE(l.seq <> e.last_seq, TRUE)`,
  )
  return rows.map(({ user_id, seq, last_seq }) => ({
    rule: 'sequence',
    subject: `events of customer ${user_id}`,
    explanation: `end with ${seq} or have a gap after it, and the counter says ${last_seq ?? 'nothing'}`,
  }))
}

function isAfter(prefix: '' | 'l.', { user_id, seq }: Place): RawBuilder<unknown> {
  const [user, number] = [sql.ref(`${prefix}user_id`), sql.ref(`${prefix}seq`)]
  return sql`(${user} > ${user_id} OR (${user} = ${user_id} AND ${number} > ${seq}))`
}

interface Row {
  id: Buffer
  recipient_no: number
  status: string
  delivery_status: string | null
  of_sending: string | null
  of_delivery: string | null
}

/**
 * Finds recipients that make events and lack one, have one twice or another than their state's. In the log or still
 * waiting for its number: they are read by one statement, because an event moves between them.
 */
export async function findWrongEvents(db: Db, span: Span): Promise<Violation[]> {
  const rows = await query(
    db,
    'audit.recipient_events',
    sql<Row>`
      SELECT s.sms_identifier AS id, s.recipient_no, s.status, s.delivery_status,
             CONCAT_WS(',', ${typesIn('event_log', 1)}, ${typesIn('event_queue', 1)}) AS of_sending,
             CONCAT_WS(',', ${typesIn('event_log', 2)}, ${typesIn('event_queue', 2)}) AS of_delivery
      FROM sms_status s FORCE INDEX (PRIMARY)
      WHERE ${within('s.sms_identifier', span)} AND s.makes_events > 0
        AND s.updated_at > NOW(3) - INTERVAL ${sql.lit(JUDGED_DAYS)} DAY
      HAVING of_sending <> CASE s.status WHEN 'done' THEN 'message.sent' WHEN 'failed' THEN 'message.failed'
          WHEN 'cancelled' THEN 'message.cancelled' ELSE '' END
        OR of_delivery <> COALESCE(CONCAT('message.', s.delivery_status), '')`,
  )
  return rows.map((row) => ({
    rule: 'event',
    subject: `message ${identifierFromBytes(row.id)}, recipient ${row.recipient_no}`,
    explanation: `is ${[row.status, row.delivery_status].filter(Boolean).join(' and ')}, and has the events: ${
      [row.of_sending, row.of_delivery].filter(Boolean).join(', ') || 'none'
    }`,
  }))
}

function typesIn(table: 'event_log' | 'event_queue', version: 1 | 2): RawBuilder<unknown> {
  const ofLog =
    table === 'event_log' ? sql`FORCE INDEX (idx_event_log_recipient)` : sql`FORCE INDEX (PRIMARY)`
  return sql`(SELECT GROUP_CONCAT(x.type) FROM ${sql.table(table)} x ${ofLog}
    WHERE x.user_id = s.user_id AND x.sms_identifier = s.sms_identifier AND x.recipient_no = s.recipient_no
      AND x.version = ${sql.lit(version)})`
}
