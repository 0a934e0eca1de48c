import { sql } from 'kysely'
import type { Reader } from '../platform/db/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { BEFORE_ROWS_MAX } from './countAhead.ts'
import { LANES } from './lanes.ts'
import { readPosition } from './positions.ts'

/** Recipients in front of two places of a ready lane, all customers'. */
export interface Before {
  first: number
  last: number
}

/**
 * Counts what is in front of the first and the last ready row of a customer, from the place that claims have reached. Beyond
 * a bound the rest is taken to be as dense as what was counted: customers whose backlogs end before that make it less.
 */
export async function estimateBefore(
  reader: Reader,
  type: MessageClass,
  { firstKey, lastKey }: { firstKey: number; lastKey: number },
): Promise<Before> {
  const fromKey = (await readPosition(reader, type)) - 1
  const { rows } = await sql<Record<'examined' | 'reached' | 'first' | 'last', number | string | null>>`
    SELECT COUNT(*) AS examined, MAX(order_key) AS reached, SUM(IF(order_key < ${firstKey}, recipients, 0)) AS first,
           SUM(recipients) AS last
    FROM (SELECT order_key, recipients FROM outbox_events FORCE INDEX (idx_outbox_order)
      WHERE lane = ${LANES[type].ready} AND order_key BETWEEN ${fromKey} AND ${lastKey}
      ORDER BY order_key, id LIMIT ${sql.lit(BEFORE_ROWS_MAX)}) ahead`.execute(reader)
  const [row] = rows
  const { examined, reached, first, last } = row ?? {}
  const counted = { first: Number(first ?? 0), last: Number(last ?? 0) }
  const span = Number(reached ?? 0) - fromKey
  if (Number(examined ?? 0) < BEFORE_ROWS_MAX || span <= 0) return counted
  const scaledTo = (key: number) => Math.round((counted.last * Math.max(key - fromKey, 0)) / span)
  return {
    first: firstKey > Number(reached) ? scaledTo(firstKey) : counted.first,
    last: Math.max(counted.last, scaledTo(lastKey)),
  }
}
