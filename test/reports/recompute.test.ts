import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { closeDb, databaseNowMs } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { foldOnce, recompute } from '../../src/reports/index.ts'
import { fund, look, sendOne } from '../support/arrange.ts'
import { holdRows } from '../support/lockWaits.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { openInThePast } from '../support/inThePast.ts'
import { assertExact, foldAll } from './recount.ts'
import { allOf, settle } from './settle.ts'

const HOUR_SECONDS = 3_600
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

describe('a recount of rollups', () => {
  let stack: Stack
  let db: Db
  let past: Db
  let message: string
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    past = await openInThePast(stack.databaseUrl, HOUR_SECONDS)
    await fund(db, 1, 1_000_000)
    await fund(db, 2, 1_000_000)
    message = await sendOne(past, { userId: 1, to: 10 })
    await settle(db, allOf(message, 4), 'done', 'delivered')
    await sendOne(past, { userId: 2, to: 3, type: 'express' })
    await foldAll(db)
  })
  afterEach(async () => {
    await closeDb(past)
    await stack.drop()
  })

  const recountAll = () => recompute(db, { fromMs: databaseNowMs(db) - 2 * HOUR_MS, toMs: databaseNowMs(db) })

  it('finds nothing to correct where the fold was right', async () => {
    const { from, to, corrected } = await recountAll()
    assert.equal(corrected, 0)
    assert.ok(from && to)
    assert.equal(from.getTime() % 900_000, 0)
    await assertExact(db)
  })

  const PLANTED = {
    'a number that is off': sql`UPDATE report_minutes SET charged = charged + 1 WHERE user_id = 1`,
    'a row that is missing': sql`DELETE FROM report_quarters WHERE user_id = 1 AND result = 'delivered'`,
    'a row that should not be there': sql`INSERT INTO report_days
      SELECT 3, started_at, type, operator, country, result, messages, parts, charged, refunded, handovers, handover_ms,
        deliveries, delivery_ms, handover_sketch, delivery_sketch, cost, costed FROM report_days WHERE user_id = 1`,
    'a wrong sum of all': sql`UPDATE report_days SET messages = messages - 1 WHERE user_id = 0`,
    'a sketch of something else': sql`UPDATE report_quarters SET handover_sketch = X'0102'
      WHERE handover_sketch IS NOT NULL`,
    'a sketch that cannot be read': sql`UPDATE report_minutes SET delivery_sketch = X'FF'
      WHERE delivery_sketch IS NOT NULL`,
    'no rollup at all': sql`DELETE FROM report_minutes`,
  }
  for (const [what, planted] of Object.entries(PLANTED))
    it(`repairs ${what}`, async () => {
      await look(db, planted)
      await assert.rejects(assertExact(db))
      assert.ok((await recountAll()).corrected > 0)
      await assertExact(db)
      assert.equal((await recountAll()).corrected, 0)
    })

  it('repairs what a process changed without a note', async () => {
    await look(
      db,
      sql`UPDATE sms_status SET status = 'done', provider = 'operator_a', handed_over_at = NOW(3)
        WHERE user_id = 2`,
    )
    await assert.rejects(assertExact(db))
    await recountAll()
    await assertExact(db)
  })

  it('leaves changes that wait to the fold, whichever is first', async () => {
    await settle(db, [{ smsIdentifier: message, first: 5, last: 9 }], 'done')
    await settle(db, [{ smsIdentifier: message, first: 5, last: 6 }], 'delivered')
    await foldOnce(db, { changesMax: 1 })
    assert.equal((await recountAll()).corrected, 0)
    await look(db, sql`UPDATE report_minutes SET messages = messages + 5`)
    await recountAll()
    await foldAll(db)
    await assertExact(db)
  })

  it('waits for no settlement', async () => {
    const free = await holdRows(db, sql`SELECT 1 FROM sms_status`)
    assert.equal((await recountAll()).corrected, 0)
    await free()
  })

  it('counts nothing above what is folded', async () => {
    await sendOne(db, { userId: 1, to: 2 })
    assert.equal((await recountAll()).corrected, 0)
    await foldAll(db, { countedAfterMs: -1 })
    await assertExact(db)
  })

  it('leaves rollups of messages that are gone as they are', async () => {
    const days = () => look(db, sql`SELECT * FROM report_days ORDER BY user_id, type, result`)
    const before = await days()
    await look(db, sql`DELETE FROM sms_status`)
    await look(db, sql`DELETE FROM sms_requests`)
    assert.deepEqual(await recountAll(), { from: null, to: null, corrected: 0 })
    assert.deepEqual(await days(), before)
  })

  it('is refused before quarters of an hour are kept', async () => {
    const longAgo = await openInThePast(stack.databaseUrl, 91 * 24 * HOUR_SECONDS)
    await sendOne(longAgo, { userId: 1, to: 1 })
    await closeDb(longAgo)
    await assert.rejects(
      recompute(db, { fromMs: databaseNowMs(db) - 92 * DAY_MS, toMs: databaseNowMs(db) }),
      /quarters of an hour are kept since/,
    )
  })
})
