import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { foldOnce } from '../../src/reports/index.ts'
import type { FoldOptions, Folded } from '../../src/reports/index.ts'
import { countOf, decode } from '../../src/reports/sketch.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { look } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'

/** Nothing accepts or settles while a test folds, so that it need not wait. */
export const AT_ONCE: FoldOptions = { countedAfterMs: -1 }

/** Folds until nothing is left. */
export async function foldAll(
  db: Db,
  options: FoldOptions = {},
): Promise<{ recipients: number; changes: number }> {
  const sum = { recipients: 0, changes: 0 }
  for (;;) {
    const folded = await foldFree(db, options)
    sum.recipients += folded.recipients
    sum.changes += folded.changes
    if (!folded.isFull) return sum
  }
}

/** A running engine's own fold may hold the position. */
async function foldFree(db: Db, options: FoldOptions): Promise<Extract<Folded, { kind: 'folded' }>> {
  const tries: Folded[] = []
  await eventually('the position is free', async () => {
    tries.push(await foldOnce(db, options))
    return tries.at(-1)?.kind !== 'locked'
  })
  const folded = tries.at(-1)
  if (folded?.kind !== 'folded') throw new Error(`the fold came to ${folded?.kind}`)
  return folded
}

export interface Line {
  user_id: number
  type: string
  operator: string
  result: string
  messages: number
  parts: number
  charged: number
  refunded: number
  cost: number
  costed: number
  handovers: number
  deliveries: number
}

const WORDS = sql`user_id, type, operator, result`

/** A rollup without its times, countries and latencies; the sum of all customers too. */
export function readRollup(
  db: Db,
  table: 'report_minutes' | 'report_quarters' | 'report_days' = 'report_minutes',
): Promise<Line[]> {
  return lines(
    db,
    sql`SELECT ${WORDS}, SUM(messages) AS messages, SUM(parts) AS parts, SUM(charged) AS charged,
      SUM(refunded) AS refunded, SUM(cost) AS cost, SUM(costed) AS costed, SUM(handovers) AS handovers, SUM(deliveries) AS deliveries
    FROM ${sql.table(table)} GROUP BY ${WORDS}`,
  )
}

/** The same from the messages. */
export function recount(db: Db): Promise<Line[]> {
  const ofEach = sql`SELECT s.user_id, r.type, IF(s.status IN ('pending', 'sending'), '', s.provider) AS operator,
      CASE WHEN s.status IN ('pending', 'sending') THEN 'open'
        WHEN s.status = 'done' THEN COALESCE(s.delivery_status, 'sent') ELSE s.status END AS result,
      s.parts, s.price, s.cost, s.returned, s.status, s.delivery_status, s.handed_over_at
    FROM sms_status s JOIN sms_requests r ON r.sms_identifier = s.sms_identifier WHERE NOT r.is_test`
  return lines(
    db,
    sql`SELECT ${WORDS}, COUNT(*) AS messages, SUM(parts) AS parts, SUM(price) AS charged,
      SUM(IF(status IN ('failed', 'cancelled'), price, returned)) AS refunded, COALESCE(SUM(cost), 0) AS cost,
      COUNT(cost) AS costed, COUNT(handed_over_at) AS handovers,
      COALESCE(SUM(delivery_status = 'delivered'), 0) AS deliveries
    FROM (SELECT * FROM (${ofEach}) AS own UNION ALL
      SELECT 0, type, operator, result, parts, price, cost, returned, status, delivery_status, handed_over_at
      FROM (${ofEach}) AS others) AS counted
    GROUP BY ${WORDS}`,
  )
}

async function lines(db: Db, statement: RawBuilder<unknown>): Promise<Line[]> {
  const rows = await look(db, statement as RawBuilder<Record<string, unknown>>)
  const words = ({ user_id, type, operator, result }: Line) => `${user_id} ${type} ${operator} ${result}`
  return rows
    .map(
      ({ user_id, type, operator, result, ...sums }) =>
        ({
          ...{ user_id, type, operator, result },
          ...Object.fromEntries(Object.entries(sums).map(([name, value]) => [name, Number(value)])),
        }) as Line,
    )
    .sort((one, other) => (words(one) < words(other) ? -1 : 1))
}

/** @returns the rows whose sketches do not hold as many latencies as the row counts. */
export async function findWrongSketches(db: Db): Promise<unknown[]> {
  const wrong: unknown[] = []
  for (const table of ['report_minutes', 'report_quarters', 'report_days'])
    for (const row of await look(
      db,
      sql<{
        handovers: number
        deliveries: number
        handover_sketch: Buffer | null
        delivery_sketch: Buffer | null
      }>`SELECT * FROM ${sql.table(table)}`,
    )) {
      const { handovers, deliveries, handover_sketch, delivery_sketch } = row
      if (countOf(decode(handover_sketch)) !== handovers || countOf(decode(delivery_sketch)) !== deliveries)
        wrong.push({ table, ...row })
    }
  return wrong
}

/** Asserts that all levels agree with the messages, and that nothing waits to be counted. */
export async function assertExact(db: Db): Promise<void> {
  const expected = await recount(db)
  for (const table of ['report_minutes', 'report_quarters', 'report_days'] as const)
    assert.deepEqual(await readRollup(db, table), expected, table)
  assert.deepEqual(await findWrongSketches(db), [])
  assert.deepEqual(await look(db, sql`SELECT * FROM report_changes`), [])
}
