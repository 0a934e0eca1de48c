import { sql } from 'kysely'
import type { DeliveryStatus, SmsState } from '../../db/schema.ts'
import { historyBeginsAt, readHistoryBegins } from '../history/index.ts'
import { read } from '../platform/db/index.ts'
import type { Db, Reader } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { findOpenRanges } from './findOpenRanges.ts'
import { inRanges } from './recipients.ts'
import { isTerminal } from './states.ts'
import type { HistoryCursor, HistoryItem, HistoryPage, HistoryQuery } from './types.ts'

/**
 * A page examines at most this many recipients (one request more, as requests are not cut). With a filter that few
 * of them pass, the page comes up short and its cursor goes on from there.
 */
const EXAMINED_MAX = 10_000
/** Open requests examined for one page: at least this many, so that a filter on `sending` finds some in one call. */
const OPEN_ROWS_MIN = 200

interface Row {
  sms_identifier: Buffer
  recipient_no: number
  user_id: number
  recipient: string
  type: MessageClass
  status: SmsState
  delivery_status: DeliveryStatus | null
  provider: string
  failure_reason: string | null
  is_test: number
  possible_duplicate: number
  created_at: Date
  updated_at: Date
}

/**
 * @returns a page of a customer's recipients, newest request first, the last recipient of a request first. An unknown
 * customer or identifier gives an empty page. Cost is bounded, whatever the filter and the length of the history.
 */
export function readHistory(db: Db, query: HistoryQuery): Promise<HistoryPage> {
  return read(db, 'messages.read_history', async (reader) => {
    const isOpen = query.status !== undefined && !isTerminal(query.status)
    const page = await (isOpen && query.smsIdentifier === undefined
      ? readOpen(reader, query)
      : readByRequest(reader, query))
    const { messages } = await readHistoryBegins(reader)
    return { ...page, beginsAt: historyBeginsAt(messages) }
  })
}

async function readByRequest(reader: Reader, query: HistoryQuery): Promise<HistoryPage> {
  const span = await findSpan(reader, query)
  if (!span) return { items: [], nextCursor: null }
  const { rows } = await sql<Row>`
    SELECT s.sms_identifier, s.recipient_no, s.user_id, s.recipient, r.type, s.status, s.delivery_status, s.provider,
           s.failure_reason, s.possible_duplicate, r.is_test, s.created_at, s.updated_at
    FROM sms_requests r STRAIGHT_JOIN sms_status s ON s.sms_identifier = r.sms_identifier
    WHERE r.user_id = ${query.userId}
      AND r.sms_identifier BETWEEN ${identifierToBytes(span.oldest)} AND ${identifierToBytes(span.newest)}
      ${before(query.cursor)} ${withStatus(query.status)}
    ORDER BY r.sms_identifier DESC, s.recipient_no DESC
    LIMIT ${sql.lit(query.limit + 1)}`.execute(reader)
  return toPage(rows, query, span.more ? { smsIdentifier: span.oldest, recipientNo: 1 } : null)
}

interface Span {
  newest: string
  oldest: string
  /** There are older requests than these. */
  more: boolean
}

/** The requests that this page examines: enough to fill it, or EXAMINED_MAX recipients when a filter may pass few. */
async function findSpan(reader: Reader, query: HistoryQuery): Promise<Span | undefined> {
  const { cursor, smsIdentifier, status, limit } = query
  const wanted = status === undefined ? limit + 1 : EXAMINED_MAX
  const requests = await reader
    .selectFrom('sms_requests')
    .select(['sms_identifier', 'recipients'])
    .where('user_id', '=', query.userId)
    .$if(smsIdentifier !== undefined, (q) =>
      q.where('sms_identifier', '=', identifierToBytes(smsIdentifier ?? '')),
    )
    .$if(cursor !== undefined, (q) =>
      q.where('sms_identifier', '<=', identifierToBytes(cursor?.smsIdentifier ?? '')),
    )
    .orderBy('sms_identifier', 'desc')
    .limit(wanted + 1)
    .execute()
  const [first] = requests
  if (!first) return undefined
  let seen = 0
  let oldest = first
  let taken = 0
  for (const request of requests) {
    if (seen >= wanted) break
    const cut = cursor && identifierFromBytes(request.sms_identifier) === cursor.smsIdentifier
    seen += cut ? cursor.recipientNo - 1 : request.recipients
    oldest = request
    taken++
  }
  return {
    newest: identifierFromBytes(first.sms_identifier),
    oldest: identifierFromBytes(oldest.sms_identifier),
    more: taken < requests.length,
  }
}

/** Open recipients are referenced by outbox rows or quarantined: see findOpenRanges. */
async function readOpen(reader: Reader, query: HistoryQuery): Promise<HistoryPage> {
  const open = await findOpenRanges(reader, {
    userId: query.userId,
    rowsMax: Math.max(query.limit + 1, OPEN_ROWS_MIN),
    upTo: query.cursor?.smsIdentifier,
  })
  if (open.ranges.length === 0) return { items: [], nextCursor: null }
  const { rows } = await sql<Row>`
    SELECT s.sms_identifier, s.recipient_no, s.user_id, s.recipient, r.type, s.status, s.delivery_status, s.provider,
           s.failure_reason, s.possible_duplicate, r.is_test, s.created_at, s.updated_at
    FROM (SELECT * FROM sms_status WHERE ${inRanges(open.ranges)}) s
      JOIN sms_requests r ON r.sms_identifier = s.sms_identifier
    WHERE s.user_id = ${query.userId} ${before(query.cursor)} ${withStatus(query.status)}
    ORDER BY s.sms_identifier DESC, s.recipient_no DESC
    LIMIT ${sql.lit(query.limit + 1)}`.execute(reader)
  const floor = open.floor && { smsIdentifier: open.floor.smsIdentifier, recipientNo: open.floor.first }
  return toPage(rows, query, floor ?? null)
}

function before(cursor: HistoryCursor | undefined) {
  if (!cursor) return sql``
  const id = identifierToBytes(cursor.smsIdentifier)
  return sql`AND (s.sms_identifier < ${id} OR (s.sms_identifier = ${id} AND s.recipient_no < ${cursor.recipientNo}))`
}

function withStatus(status: SmsState | undefined) {
  return status === undefined ? sql`` : sql`AND s.status = ${status}`
}

function toPage(rows: Row[], query: HistoryQuery, whereLookUpStopped: HistoryCursor | null): HistoryPage {
  const items = rows.slice(0, query.limit).map(toItem)
  const last = rows[query.limit - 1]
  if (rows.length <= query.limit || !last) return { items, nextCursor: whereLookUpStopped }
  const nextCursor = {
    smsIdentifier: identifierFromBytes(last.sms_identifier),
    recipientNo: last.recipient_no,
  }
  return { items, nextCursor }
}

function toItem(row: Row): HistoryItem {
  return {
    userId: row.user_id,
    smsIdentifier: identifierFromBytes(row.sms_identifier),
    recipient: row.recipient,
    type: row.type,
    status: row.status,
    deliveryStatus: row.delivery_status,
    provider: row.provider,
    failureReason: row.failure_reason,
    isTest: row.is_test === 1,
    isPossibleDuplicate: row.possible_duplicate === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
