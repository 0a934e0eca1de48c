import { sql } from 'kysely'
import type { Reader } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import { decodeRanges } from './envelope.ts'
import { NEWEST_MERGED } from './findOpen.ts'
import { LANES } from './lanes.ts'
import type { Condition } from './lanes.ts'
import type { Place } from './place.ts'
import { scheduledByOf } from './scheduled.ts'
import type { ScheduledBy } from './scheduled.ts'

/** Where recipients of a message wait. */
export interface WaitingRow extends Place {
  condition: Condition
  /** When its lease, schedule or back-off ends; null for a ready row, which waits for its turn. */
  until: Date | null
  /** Why it waits, if no relay has had it yet. */
  scheduledBy: ScheduledBy | null
  /** Why the last try came to nothing; null while a relay has it. */
  lastError: string | null
  /** Of the message, both included. */
  first: number
  last: number
}

interface Row {
  id: Buffer
  lane: number
  order_key: number
  payload: string
  last_error: string | null
}

/** As many as a message may have recipients: each unfinished one is referenced by one row. */
const OWN_ROWS_MAX = 10_000

/**
 * @returns the rows that name these recipients of a message. One in a merged row is missed if that is not among the newest
 * 2,000: see findOpen.
 */
export async function findRowsOf(
  reader: Reader,
  { userId, smsIdentifier }: { userId: number; smsIdentifier: string },
  recipients: readonly number[],
): Promise<WaitingRow[]> {
  if (recipients.length === 0) return []
  const { rows: own } = await sql<Row>`SELECT id, lane, order_key, payload, last_error
    FROM outbox_events FORCE INDEX (idx_outbox_user)
    WHERE user_id = ${userId} AND sms_identifier = ${identifierToBytes(smsIdentifier)}
    LIMIT ${sql.lit(OWN_ROWS_MAX)}`.execute(reader)
  const isNamed = (found: WaitingRow[]) => (no: number) => found.some((row) => isIn(row, no))
  const ownRows = toRows(own, smsIdentifier)
  if (recipients.every(isNamed(ownRows))) return ownRows
  const { rows: merged } = await sql<Row>`SELECT o.id, o.lane, o.order_key, o.payload, o.last_error
    FROM ${NEWEST_MERGED} newest STRAIGHT_JOIN outbox_events o FORCE INDEX (PRIMARY) ON o.id = newest.id
    WHERE LOCATE(${`["${smsIdentifier}",`}, o.payload) > 0`.execute(reader)
  return [...ownRows, ...toRows(merged, smsIdentifier)]
}

export function isIn({ first, last }: WaitingRow, recipientNo: number): boolean {
  return recipientNo >= first && recipientNo <= last
}

function toRows(rows: Row[], smsIdentifier: string): WaitingRow[] {
  return rows.flatMap(({ id, lane, order_key: key, payload, last_error }) => {
    const scheduledBy = scheduledByOf(last_error)
    const lastError = scheduledBy ? null : last_error
    const isReady = lane === LANES.express.ready || lane === LANES.normal.ready
    const condition: Condition = isReady ? 'ready' : 'waiting'
    const until = isReady ? null : new Date(key / 1_000)
    return (decodeRanges(payload) ?? [])
      .filter((range) => range.smsIdentifier === smsIdentifier)
      .map(({ first, last }) => ({ id, key, condition, until, scheduledBy, lastError, first, last }))
  })
}
