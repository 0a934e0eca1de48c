import { sql } from 'kysely'
import { NOW, NOW_MICROS, insertRows } from '../platform/db/index.ts'
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
 * Appends work in the transaction that decided it (invariant 1), due at once or at `dueAt`, a time of the database's
 * clock as it writes it.
 */
export async function append(tx: Tx, events: OutboxEvent[], dueAt?: string): Promise<void> {
  await insertRows(
    tx,
    sql`INSERT INTO outbox_events (id, event_type, priority, next_run_at, user_id, sms_identifier, payload,
      recipients, attempts, created_at)`,
    events.map((event) => {
      const { userId, smsIdentifier } = requestOf(event)
      return [
        identifierToBytes(event.id),
        SEND_EVENT,
        PRIORITY[event.type],
        dueAt ?? NOW_MICROS,
        userId,
        smsIdentifier,
        encodeRanges(event.ranges),
        countRecipients(event.ranges),
        event.attempts ?? 0,
        NOW,
      ]
    }),
  )
}

/** The columns by which history finds a customer's open requests; a merged row names several and fills none. */
function requestOf({ merged, ranges: [range] }: OutboxEvent): {
  userId: number | null
  smsIdentifier: Buffer | null
} {
  if (!range) throw new Error('an outbox event names no recipient')
  if (merged) return { userId: null, smsIdentifier: null }
  return { userId: range.userId, smsIdentifier: identifierToBytes(range.smsIdentifier) }
}
