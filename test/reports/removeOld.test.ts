import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { Db } from '../../src/platform/db/index.ts'
import { removeOldRollups } from '../../src/reports/index.ts'
import { look } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const AGES_HOURS = [1, 7 * 24, 8 * 24 + 2, 89 * 24, 90 * 24 + 2, 400 * 24]

describe('old rollups', () => {
  let stack: Stack
  let db: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    for (const table of ['report_minutes', 'report_quarters', 'report_days'])
      for (const hours of AGES_HOURS)
        await look(
          db,
          sql`INSERT INTO ${sql.table(table)} (user_id, started_at, type, operator, country, result, messages, parts,
            charged, refunded, handovers, handover_ms, deliveries, delivery_ms)
          VALUES (1, NOW() - INTERVAL ${sql.lit(hours)} HOUR, 'normal', '', 'IR', 'open', 1, 1, 1, 0, 0, 0, 0, 0)`,
        )
  })
  afterEach(() => stack.drop())

  const count = async (table: string) => {
    const [row] = await look(db, sql<{ n: number }>`SELECT COUNT(*) AS n FROM ${sql.table(table)}`)
    return row?.n
  }

  it('are removed: minutes after 8 days, quarters of an hour after 90, days never', async () => {
    while ((await removeOldRollups(db, 1)) === 1);
    assert.deepEqual(
      await Promise.all(['report_minutes', 'report_quarters', 'report_days'].map(count)),
      [2, 4, 6],
    )
  })
})
