import { sql } from 'kysely'
import type { Reader } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { decodeRanges } from './envelope.ts'
import { NEWEST_MERGED } from './findOpen.ts'
import { LANES } from './lanes.ts'
import type { Condition } from './lanes.ts'
import { readPosition } from './positions.ts'
import type { Place } from './place.ts'

/** Where recipients of a message wait. */
export interface WaitingRow extends Place {
  condition: Condition
  /** When its lease, schedule or back-off ends; null for a ready row, which waits for its turn. */
  until: Date | null
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

/** As many as a message may have recipients: each unfinished one is named by one row. */
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
  return rows.flatMap(({ id, lane, order_key: key, payload, last_error: lastError }) => {
    const isReady = lane === LANES.express.ready || lane === LANES.normal.ready
    const condition: Condition = isReady ? 'ready' : 'waiting'
    const until = isReady ? null : new Date(key / 1_000)
    return (decodeRanges(payload) ?? [])
      .filter((range) => range.smsIdentifier === smsIdentifier)
      .map(({ first, last }) => ({ id, key, condition, until, lastError, first, last }))
  })
}

/** Rows that are looked at, from the place that claims have reached: they take some 20 ms. */
export const BEFORE_ROWS_MAX = 10_000

/**
 * @returns by the rows' identifiers, how many recipients wait in front of each ready row; `isLeast` where the rest was not
 * counted.
 */
export async function countBefore(
  reader: Reader,
  type: MessageClass,
  rows: readonly Place[],
): Promise<Map<string, { recipients: number; isLeast: boolean }>> {
  const [first] = rows
  if (!first) return new Map()
  const lastKey = Math.max(...rows.map(({ key }) => key))
  // Nothing enters below it, and dead entries may lie there: see scanStart.
  const reachedKey = (await readPosition(reader, type)) - 1
  const isBefore = ({ key, id }: Place) => sql`order_key < ${key} OR order_key = ${key} AND id < ${id}`
  const { rows: counted } = await sql<Record<string, number | string | null>>`
    SELECT COUNT(*) AS examined,
           ${sql.join(rows.map((row, index) => sql`SUM(IF(${isBefore(row)}, recipients, 0)) AS ${sql.ref(`n${index}`)}`))}
    FROM (SELECT order_key, id, recipients FROM outbox_events FORCE INDEX (idx_outbox_order)
      WHERE lane = ${LANES[type].ready} AND order_key BETWEEN ${reachedKey} AND ${lastKey}
      ORDER BY order_key, id LIMIT ${sql.lit(BEFORE_ROWS_MAX)}) ahead`.execute(reader)
  const sums = counted[0] ?? {}
  const isLeast = Number(sums['examined']) === BEFORE_ROWS_MAX
  return new Map(
    rows.map(({ id }, index) => [
      identifierFromBytes(id),
      { recipients: Number(sums[`n${index}`] ?? 0), isLeast },
    ]),
  )
}
