import { sql } from 'kysely'
import { NOW, insertRows, sqlValue } from '../platform/db/index.ts'
import type { Tx, Value } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { ENVELOPE_RECIPIENTS_MAX, countRecipients, encodeRanges } from './envelope.ts'
import type { RecipientRange } from './envelope.ts'
import { LANES, microsFromNow, microsOf } from './lanes.ts'
import { SCHEDULED_AS } from './scheduled.ts'
import type { ScheduledBy } from './scheduled.ts'

/** A time of the database's clock, or a delay that the database adds to it. */
export type Until = Date | { afterMs: number }

/**
 * The position of a new row.
 * - ready with a tag: the start tag of fair queueing (normal).
 * - ready with a deadline, counted from the database's now (express).
 * - waiting: not published before `until`; `scheduledBy` for a new row, which no relay has had.
 */
export type RowOrder =
  | { condition: 'ready'; tag: number }
  | { condition: 'ready'; deadlineInMs: number }
  | { condition: 'waiting'; until: Until; scheduledBy?: ScheduledBy }

/** An outbox row to write: up to 100 recipients of one request, or of several requests that a claim merged. */
export interface OutboxRow {
  id: string
  type: MessageClass
  ranges: RecipientRange[]
  order: RowOrder
  /** A claim made it from rows of several requests. */
  isMerged?: boolean
  lastError?: string
}

export const LAST_ERROR_CHARS_MAX = 255

/** Divides the recipients of a request into ranges of at most one outbox row each, and of `recipientsMax`. */
export function cutIntoRanges(
  request: Omit<RecipientRange, 'first' | 'last'>,
  recipients: number,
  recipientsMax = ENVELOPE_RECIPIENTS_MAX,
): RecipientRange[] {
  const size = Math.min(recipientsMax, ENVELOPE_RECIPIENTS_MAX)
  const ranges: RecipientRange[] = []
  for (let first = 1; first <= recipients; first += size) {
    ranges.push({ ...request, first, last: Math.min(first + size - 1, recipients) })
  }
  return ranges
}

/** Appends outbox rows in the transaction that accepts the request (invariant 1). */
export async function append(tx: Tx, rows: OutboxRow[]): Promise<void> {
  await insertRows(
    tx,
    sql`INSERT INTO outbox_events (id, lane, order_key, user_id, sms_identifier, payload, recipients, last_error,
      created_at)`,
    rows.map((row) => {
      const { userId, smsIdentifier } = requestOf(row)
      return [
        identifierToBytes(row.id),
        LANES[row.type][row.order.condition],
        keyOf(row.order),
        userId,
        smsIdentifier,
        encodeRanges(row.ranges),
        countRecipients(row.ranges),
        lastErrorOf(row),
        NOW,
      ]
    }),
  )
}

function lastErrorOf({ order, lastError }: OutboxRow): string | null {
  if ('scheduledBy' in order && order.scheduledBy) return SCHEDULED_AS[order.scheduledBy]
  return lastError?.slice(0, LAST_ERROR_CHARS_MAX) ?? null
}

function keyOf(order: RowOrder): Value {
  if (order.condition === 'waiting') return untilKey(order.until)
  return 'tag' in order ? order.tag : sqlValue(microsFromNow(order.deadlineInMs))
}

/** The key of a waiting row. */
export function untilKey(until: Until): Value {
  return until instanceof Date ? microsOf(until) : sqlValue(microsFromNow(until.afterMs))
}

/** The columns by which history finds a customer's open requests. They are null for a merged row. */
function requestOf({ isMerged, ranges: [range] }: OutboxRow): {
  userId: number | null
  smsIdentifier: Buffer | null
} {
  if (!range) throw new Error('an outbox row without a recipient')
  if (isMerged) return { userId: null, smsIdentifier: null }
  return { userId: range.userId, smsIdentifier: identifierToBytes(range.smsIdentifier) }
}
