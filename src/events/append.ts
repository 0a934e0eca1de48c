import { sql } from 'kysely'
import { NOW, list } from '../platform/db/index.ts'
import type { Tx, Value } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import { BALANCE_LOW, VERSION_OF } from './types.ts'
import type { EventType, MessageEventType } from './types.ts'
import { LOGGED } from './marks.ts'

/** A change of a recipient's state, written by this transaction. */
export interface EventChange {
  userId: number
  smsIdentifier: string
  recipientNo: number
  type: MessageEventType
  /** As the locked row says. */
  makesEvents: number
}

/** A charge took a balance below the customer's threshold. */
export interface LowBalance {
  userId: number
  /** Whose charge it was. */
  smsIdentifier: string
  /** In the smallest unit. */
  threshold: number
}

/** Keeps a statement far below max_allowed_packet. */
const ROWS_PER_INSERT_MAX = 500

/**
 * Appends the events of state changes, in the transaction that changes them and under the recipients' locks: so a
 * recipient's second event is never committed before its first. Changes of recipients that make no events are left out,
 * and without any other it runs no statement.
 */
export function appendEvents(tx: Tx, changes: readonly EventChange[]): Promise<void> {
  const making = changes.filter(({ makesEvents }) => makesEvents !== 0)
  return insert(
    tx,
    making.map((change) => toRow(change, change.makesEvents, null)),
  )
}

export function appendLowBalances(tx: Tx, changes: readonly LowBalance[]): Promise<void> {
  return insert(
    tx,
    changes.map((change) =>
      toRow({ ...change, recipientNo: 0, type: BALANCE_LOW }, LOGGED, change.threshold),
    ),
  )
}

interface Key {
  userId: number
  smsIdentifier: string
  recipientNo: number
  type: EventType
}

function toRow(
  { userId, smsIdentifier, recipientNo, type }: Key,
  makesEvents: number,
  threshold: number | null,
): Value[] {
  const id = identifierToBytes(smsIdentifier)
  return [userId, id, recipientNo, VERSION_OF[type], type, makesEvents, threshold, NOW]
}

/** A repeat is no error, which would undo the change of state with it: the first event of a version counts. */
async function insert(tx: Tx, rows: Value[][]): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT_MAX)
    await sql`INSERT INTO event_queue (user_id, sms_identifier, recipient_no, version, type, makes_events, threshold,
      occurred_at) VALUES ${list(rows.slice(start, start + ROWS_PER_INSERT_MAX))}
      ON DUPLICATE KEY UPDATE version = event_queue.version`.execute(tx)
}
