import { sql } from 'kysely'
import type { Reader } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { ENVELOPE_RECIPIENTS_MAX } from './envelope.ts'
import type { WaitingRow } from './findRowsOf.ts'
import { LANES, sqlMicrosFromNow } from './lanes.ts'
import type { Condition } from './lanes.ts'
import { PUBLISHED_LEASE_MS } from './lease.ts'
import type { Place } from './place.ts'
import { readPosition } from './positions.ts'
import { READY_ENVELOPES_MAX } from './topology.ts'

/** Rows of a lane that are examined, from where claims begin: they take some 20 ms. */
export const BEFORE_ROWS_MAX = 10_000
/** Of a class in a full queue. */
export const QUEUE_RECIPIENTS_MAX = READY_ENVELOPES_MAX * ENVELOPE_RECIPIENTS_MAX
/** Beyond what a full queue and some consumers hold. */
const CLAIMED_ROWS_MAX = 500

export interface Before {
  recipients: number
  /** There are more than were counted. */
  isLeast: boolean
}

/** @returns by the rows' identifiers, how many recipients wait in front of each ready or due row in its lane. */
export async function countBefore(
  reader: Reader,
  type: MessageClass,
  rows: readonly WaitingRow[],
): Promise<Map<string, Before>> {
  const of = (wanted: Condition) => rows.filter(({ condition }) => condition === wanted)
  const counted = [
    ...(await countInLane(reader, { type, condition: 'ready' }, of('ready'))),
    ...(await countInLane(reader, { type, condition: 'waiting' }, of('waiting'))),
  ]
  return new Map(counted)
}

async function countInLane(
  reader: Reader,
  { type, condition }: { type: MessageClass; condition: Condition },
  rows: readonly Place[],
): Promise<[string, Before][]> {
  if (rows.length === 0) return []
  const lastKey = Math.max(...rows.map(({ key }) => key))
  // Nothing enters the ready lane below it, and dead entries may lie there: see scanStart.
  const firstKey = condition === 'ready' ? (await readPosition(reader, type)) - 1 : 0
  const isBefore = ({ key, id }: Place) => sql`order_key < ${key} OR order_key = ${key} AND id < ${id}`
  const { rows: counted } = await sql<Record<string, number | string | null>>`
    SELECT ${sql.join(
      rows.map(
        (row, index) => sql`SUM(IF(${isBefore(row)}, recipients, 0)) AS ${sql.ref(`n${index}`)},
                 SUM(${isBefore(row)}) AS ${sql.ref(`rows${index}`)}`,
      ),
    )}
    FROM (SELECT order_key, id, recipients FROM outbox_events FORCE INDEX (idx_outbox_order)
      WHERE lane = ${LANES[type][condition]} AND order_key BETWEEN ${firstKey} AND ${lastKey}
      ORDER BY order_key, id LIMIT ${sql.lit(BEFORE_ROWS_MAX)}) ahead`.execute(reader)
  const sums = counted[0] ?? {}
  return rows.map(({ id }, index) => [
    identifierFromBytes(id),
    {
      recipients: Number(sums[`n${index}`] ?? 0),
      // As many as are examined stand in front of it, and there may be more.
      isLeast: Number(sums[`rows${index}`] ?? 0) === BEFORE_ROWS_MAX,
    },
  ])
}

/**
 * @returns the recipients that relays have claimed and no consumer has settled: on the way to the queue, in it, or behind it.
 * About: messages that are scheduled for the next minute look the same, and some recipients of a row may have ended.
 */
export async function countClaimed(reader: Reader, type: MessageClass): Promise<number> {
  const { rows } = await sql<{ recipients: number | string | null }>`
    SELECT SUM(recipients) AS recipients
    FROM (SELECT recipients, last_error FROM outbox_events FORCE INDEX (idx_outbox_order)
      WHERE lane = ${LANES[type].waiting}
        AND order_key BETWEEN ${sqlMicrosFromNow()} AND ${sqlMicrosFromNow(PUBLISHED_LEASE_MS)}
      ORDER BY order_key, id LIMIT ${sql.lit(CLAIMED_ROWS_MAX)}) claimed
    WHERE last_error IS NULL`.execute(reader)
  return Number(rows[0]?.recipients ?? 0)
}
