import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { closeDb, databaseNowMs, read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { lowestAt } from '../../src/primitives/identifier.ts'
import { foldOnce, readPosition } from '../../src/reports/index.ts'
import { Unavailable } from '../../src/primitives/unavailable.ts'
import { countRows, fund, look, offer, sendOne } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { openInThePast } from '../support/inThePast.ts'
import { AT_ONCE, assertExact, foldAll, readRollup } from './recount.ts'
import { allOf, settle } from './settle.ts'
import type { Ending } from './settle.ts'

const HOUR_SECONDS = 3_600
const DAY_SECONDS = 86_400

describe('the fold', () => {
  let stack: Stack
  let db: Db
  let past: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    past = await openInThePast(stack.databaseUrl, HOUR_SECONDS)
    await fund(db, 1, 1_000_000)
    await fund(db, 2, 1_000_000)
  })
  afterEach(async () => {
    await closeDb(past)
    await stack.drop()
  })

  it('counts each recipient once, by customer and for all together', async () => {
    await sendOne(db, { userId: 1, to: 3 })
    await sendOne(db, { userId: 1, to: 2, type: 'express' })
    await sendOne(db, { userId: 2, to: 5 })
    assert.deepEqual(await foldAll(db, AT_ONCE), { recipients: 10, changes: 0 })
    await assertExact(db)
    assert.deepEqual(await foldAll(db, AT_ONCE), { recipients: 0, changes: 0 })
    await sendOne(db, { userId: 1, to: 1 })
    assert.deepEqual(await foldAll(db, AT_ONCE), { recipients: 1, changes: 0 })
    await assertExact(db)
  })

  it('waits until messages are old enough to be final for most', async () => {
    await sendOne(past, { userId: 1, to: 2 })
    await sendOne(db, { userId: 1, to: 3 })
    assert.deepEqual(await foldAll(db), { recipients: 2, changes: 0 })
    const position = await read(db, 'test.position', readPosition)
    const ageMs = databaseNowMs(db) - position.readUIntBE(0, 6)
    assert.ok(ageMs >= 45_000 && ageMs < 60_000, `${ageMs}`)
  })

  const LATER: Ending[][] = [
    ['done'],
    ['failed'],
    ['cancelled'],
    ['done', 'delivered'],
    ['done', 'undelivered'],
    ['quarantined'],
  ]
  for (const endings of LATER)
    it(`counts again what is ${endings.join(' and ')} later, in one transaction or in several`, async () => {
      const together = await sendOne(past, { userId: 1, to: 12 })
      const apart = await sendOne(past, { userId: 2, to: 2, type: 'express' })
      await foldAll(db)
      await settle(db, allOf(together, 11), ...endings)
      for (const ending of endings) {
        await settle(db, allOf(apart, 2), ending)
        await foldAll(db)
      }
      await assertExact(db)
    })

  it('counts what ends a quarantine', async () => {
    const message = await sendOne(past, { userId: 1, to: 2 })
    await settle(db, allOf(message, 2), 'quarantined')
    await foldAll(db)
    await settle(db, [{ smsIdentifier: message, first: 1, last: 1 }], 'done', 'delivered')
    await settle(db, [{ smsIdentifier: message, first: 2, last: 2 }], 'failed')
    await foldAll(db)
    await assertExact(db)
  })

  it('counts several changes of a recipient that waited together, also when it takes few at once', async () => {
    const message = await sendOne(past, { userId: 1, to: 3 })
    await foldAll(db)
    await settle(db, allOf(message, 3), 'done')
    await settle(db, allOf(message, 2), 'delivered')
    const steps = []
    for (let step = 0; step < 5; step++) steps.push(await foldOnce(db, { changesMax: 1 }))
    assert.deepEqual(
      steps.map((step) => step.kind === 'folded' && step.changes),
      [1, 1, 1, 1, 1],
    )
    await assertExact(db)
  })

  it('leaves out what is sent with a test key', async () => {
    await sendOne(past, { userId: 1, to: 2, isTest: true })
    const message = await sendOne(past, { userId: 1, to: 2, isTest: true })
    await foldAll(db)
    await settle(db, allOf(message, 2), 'done')
    await foldAll(db)
    assert.deepEqual(await readRollup(db), [])
    await assertExact(db)
  })

  it('divides no message, however few recipients it takes at once', async () => {
    for (const to of [4_999, 3, 1]) await sendOne(past, { userId: 1, to })
    const folded = await foldOnce(db, { recipientsMax: 1 })
    assert.deepEqual(folded, { kind: 'folded', recipients: 5_002, changes: 0, isFull: true })
    assert.deepEqual(await foldAll(db), { recipients: 1, changes: 0 })
    await assertExact(db)
  })

  it('adds up latencies from when a message was due', async () => {
    const sendAt = new Date(databaseNowMs(past) + 1_800_000)
    const at = await sendOne(past, { userId: 1, to: 1, sendAt })
    const soon = await sendOne(past, { userId: 1, to: 1 })
    for (const message of [at, soon]) await settle(db, allOf(message, 1), 'done', 'delivered')
    await look(
      db,
      sql`UPDATE sms_status s JOIN sms_requests r ON r.sms_identifier = s.sms_identifier
        SET s.handed_over_at = COALESCE(r.send_at, s.created_at) + INTERVAL 300 SECOND,
          s.updated_at = COALESCE(r.send_at, s.created_at) + INTERVAL 600 SECOND`,
    )
    await foldAll(db)
    const [row] = await look(
      db,
      sql<Record<string, unknown>>`SELECT handover_ms, delivery_ms FROM report_days WHERE user_id = 1`,
    )
    // What was to be sent half an hour later was due then.
    assert.deepEqual([row?.['handover_ms'], row?.['delivery_ms']].map(Number), [2 * 300_000, 2 * 600_000])
  })

  it('counts by the country of the number', async () => {
    await sendOne(past, { userId: 1, to: ['+989121234567', '+12025550123', '0912345678'] })
    await foldAll(db)
    const rows = await look(
      db,
      sql<{ country: string }>`SELECT country FROM report_minutes WHERE user_id = 1 ORDER BY country`,
    )
    assert.deepEqual(
      rows.map(({ country }) => country),
      ['IR', 'US', 'ZZ'],
    )
  })

  it('writes no span that is not kept any more', async () => {
    const longAgo = await openInThePast(stack.databaseUrl, 9 * DAY_SECONDS)
    const message = await sendOne(longAgo, { userId: 1, to: 2 })
    await closeDb(longAgo)
    await foldAll(db)
    await settle(db, allOf(message, 1), 'done')
    await foldAll(db)
    assert.deepEqual(await readRollup(db), [])
    for (const table of ['report_quarters', 'report_days'] as const)
      assert.equal((await readRollup(db, table)).length, 4)
  })

  it('does nothing while a process of a version before it runs', async () => {
    await sendOne(past, { userId: 1, to: 1 })
    const report = (state: string) =>
      look(
        db,
        sql`REPLACE INTO process_states (id, roles, version, started_at, reported_at, state)
          VALUES (${Buffer.alloc(16)}, 'consumer', '0.0.1', NOW(3), NOW(3), ${state})`,
      )
    await report('{"classes":{}}')
    assert.deepEqual(await foldOnce(db), { kind: 'older_process' })
    assert.deepEqual(await readRollup(db), [])
    await report('{"classes":{},"notesChanges":true}')
    assert.deepEqual(await foldAll(db), { recipients: 1, changes: 0 })
  })

  it('finds no message later: one that took too long to accept is refused', async () => {
    const before = await countRows(db)
    const late = lowestAt(databaseNowMs(db) - 30_001)
    await assert.rejects(
      offer(db, { userId: 1, to: 1 }, { userId: 2, to: 1, smsIdentifier: late }),
      (error) => error instanceof Unavailable && error.code === 'unavailable',
    )
    assert.deepEqual(await countRows(db), before)
  })
})
