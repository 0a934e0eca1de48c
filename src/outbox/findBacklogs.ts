import { sql } from 'kysely'
import type { Reader } from '../platform/db/index.ts'
import { partsBetween } from './fairness.ts'
import { LANES } from './lanes.ts'
import { readPosition } from './positions.ts'

/** A customer with normal messages that wait for their turn. */
export interface FoundBacklog {
  userId: number
  name: string | null
  weight: number
  /** About: what its tags say, without counting. */
  parts: number
  /** Of the rows that were examined. */
  oldestAt: Date
}

/** Customers with a backlog take turns, so that each has a row among the first. */
const ROWS_MAX = 10_000
const CUSTOMERS_MAX = 1_000

interface Row {
  user_id: number
  name: string | null
  weight: number
  fair_tag: number
  recipients: number | string
  oldest_at: Date
}

/** @returns the customers with the largest backlogs of normal messages, the largest first, at a bounded cost. */
export async function findBacklogs(reader: Reader, countMax: number): Promise<FoundBacklog[]> {
  const position = await readPosition(reader, 'normal')
  const { rows } = await sql<Row>`
    SELECT sampled.user_id, c.name, COALESCE(c.normal_weight, 1) AS weight, b.fair_tag, sampled.recipients,
           sampled.oldest_at
    FROM (SELECT user_id, SUM(recipients) AS recipients, MIN(created_at) AS oldest_at
        FROM (SELECT user_id, recipients, created_at FROM outbox_events FORCE INDEX (idx_outbox_order)
          WHERE lane = ${LANES.normal.ready} AND order_key >= ${position - 1}
          ORDER BY order_key, id LIMIT ${sql.lit(ROWS_MAX)}) first
        GROUP BY user_id ORDER BY recipients DESC LIMIT ${sql.lit(CUSTOMERS_MAX)}) sampled
      JOIN user_balances b FORCE INDEX (PRIMARY) ON b.user_id = sampled.user_id
      LEFT JOIN customers c FORCE INDEX (PRIMARY) ON c.user_id = sampled.user_id`.execute(reader)
  return rows
    .map(({ user_id: userId, name, weight, fair_tag, recipients, oldest_at: oldestAt }) => ({
      ...{ userId, name, weight: Number(weight), oldestAt },
      // First in, first out leaves the tags: then what was examined is all that is known.
      parts: Math.max(Number(recipients), partsBetween(position, fair_tag, Number(weight))),
    }))
    .sort((a, b) => b.parts - a.parts)
    .slice(0, countMax)
}
