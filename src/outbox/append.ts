import { sql } from 'kysely'
import { NOW, insertRows, sqlValue } from '../platform/db/index.ts'
import type { Tx, Value } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { ENVELOPE_RECIPIENTS_MAX, countRecipients, encodeRanges } from './envelope.ts'
import type { RecipientRange } from './envelope.ts'
import { LANES, microsFromNow, microsOf } from './lanes.ts'

/** A time of the database's clock, or a delay that the database adds to it. */
export type Until = Date | { afterMs: number }

/**
 * The position of a new row.
 * - ready with a tag: the start tag of fair queueing (normal).
 * - ready with a deadline, counted from the database's now (express).
 * - waiting: not published before `until`.
 */
export type RowOrder =
  | { condition: 'ready'; tag: number }
  | { condition: 'ready'; deadlineInMs: number }
  | { condition: 'waiting'; until: Until }

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

/** Divides the recipients of a request into ranges of at most one outbox row each. */
export function cutIntoRanges(
  request: Omit<RecipientRange, 'first' | 'last'>,
  recipients: number,
): RecipientRange[] {
  const ranges: RecipientRange[] = []
  for (let first = 1; first <= recipients; first += ENVELOPE_RECIPIENTS_MAX) {
    ranges.push({ ...request, first, last: Math.min(first + ENVELOPE_RECIPIENTS_MAX - 1, recipients) })
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
        row.lastError?.slice(0, LAST_ERROR_CHARS_MAX) ?? null,
        NOW,
      ]
    }),
  )
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
