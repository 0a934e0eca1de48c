import { sql } from 'kysely'
import type { Tx } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import { ENVELOPE_RECIPIENTS_MAX, countRecipients, encodeRanges } from './envelope.ts'
import type { RecipientRange } from './envelope.ts'
import { PRIORITY } from './priority.ts'
import type { MessageClass } from '../primitives/messageClass.ts'

/** One outbox row to be: up to 100 recipients of one request, or of several that a claim merged. */
export interface OutboxEvent {
  id: string
  type: MessageClass
  ranges: RecipientRange[]
  /** Made by a claim from rows of several requests. */
  merged?: boolean
  attempts?: number
}

export const SEND_EVENT = 'sms.send'
/** Rows of one INSERT: keeps a statement far below max_allowed_packet. */
const ROWS_PER_INSERT_MAX = 500

/** Cuts all recipients of a request into ranges that fit one outbox row each. */
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

/**
 * Appends work in the transaction that decided it (promise 1), due at once or at `dueAt`, a time of the database's
 * clock as it writes it.
 */
export async function append(tx: Tx, events: OutboxEvent[], dueAt?: string): Promise<void> {
  for (let start = 0; start < events.length; start += ROWS_PER_INSERT_MAX) {
    const values = events.slice(start, start + ROWS_PER_INSERT_MAX).map((event) => ({
      id: identifierToBytes(event.id),
      event_type: SEND_EVENT,
      priority: PRIORITY[event.type],
      next_run_at: dueAt === undefined ? sql<Date>`NOW(6)` : sql<Date>`${dueAt}`,
      ...requestOf(event),
      payload: encodeRanges(event.ranges),
      recipients: countRecipients(event.ranges),
      attempts: event.attempts ?? 0,
      created_at: sql<Date>`NOW(3)`,
    }))
    await tx.insertInto('outbox_events').values(values).execute()
  }
}

/** The columns by which history finds a customer's open requests; a merged row names several and fills none. */
function requestOf({ merged, ranges: [range] }: OutboxEvent): {
  user_id: number | null
  sms_identifier: Buffer | null
} {
  if (!range) throw new Error('an outbox event names no recipient')
  if (merged) return { user_id: null, sms_identifier: null }
  return { user_id: range.userId, sms_identifier: identifierToBytes(range.smsIdentifier) }
}
