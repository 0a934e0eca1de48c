import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { claim } from '../../src/outbox/claim.ts'
import { databaseNowMs } from '../../src/platform/db/index.ts'
import { PLAIN_SENDING } from '../../src/primitives/sendingPlan.ts'
import { report } from '../../src/processes/index.ts'
import { readQueue } from '../../src/timeline/index.ts'
import { stateOf } from '../processes/stateOf.ts'
import { fund, look, newIdOf, sendOne } from '../support/arrange.ts'
import type { Sent } from '../support/arrange.ts'
import { explain } from '../support/explain.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const CUSTOMER = 1
const OTHER = 2
const HOUR_MS = 3_600_000

describe('the queue of a customer', () => {
  let stack: Stack
  beforeEach(async () => {
    stack = await freshStack()
    for (const userId of [CUSTOMER, OTHER]) await fund(stack.db, userId, 1_000_000)
  })
  afterEach(() => stack.drop())

  const send = (to: number, changes: Partial<Sent> = {}) =>
    sendOne(stack.db, { userId: CUSTOMER, to, ...changes })
  const queueOf = (userId = CUSTOMER) => readQueue(stack.db, userId)
  const reports = (handedOverPerSecond: number, recipientsInFlight = 0) =>
    report(
      stack.db,
      { id: newIdOf(stack.db)(), roles: ['consumer'], version: '1.0.0' },
      stateOf({ handedOverPerSecond, recipientsInFlight }),
    )

  it('is empty, without an estimate, when nothing waits', async () => {
    await send(5, { userId: OTHER })
    const { normal, express } = await queueOf()
    assert.deepEqual(normal, express)
    assert.deepEqual(normal, {
      ready: { recipients: 0, oldestAt: null, firstKey: 0, lastKey: 0 },
      scheduled: { recipients: 0, firstAt: null, lastAt: null },
      ...{ underWay: 0, isLeast: false, before: 0, lastHandOverAt: null },
    })
  })

  it('has what waits for its turn by class, with what is before it of all customers', async () => {
    await send(300, { userId: OTHER })
    await send(150)
    await send(4, { type: 'express' })
    const { normal, express } = await queueOf()
    assert.deepEqual([normal.ready.recipients, express.ready.recipients], [150, 4])
    assert.deepEqual([normal.before, express.before], [0, 0])
    assert.ok(normal.ready.oldestAt)
    await send(7)
    await look(stack.db, sql`DELETE FROM outbox_events WHERE user_id = ${CUSTOMER} AND recipients <> 7`)
    assert.ok((await queueOf()).normal.before >= 100, 'those of the other one')
  })

  it('says about when the last one leaves, by the pace of the consumers', async () => {
    await send(1_000)
    assert.equal((await queueOf()).normal.lastHandOverAt, null, 'no consumer reports')
    await reports(100, 500)
    // Nothing is claimed yet, whatever the consumer has in flight.
    const [nowMs, askedAtMs] = [databaseNowMs(stack.db), performance.now()]
    const { lastHandOverAt } = (await queueOf()).normal
    const tookMs = performance.now() - askedAtMs
    const inMs = (lastHandOverAt?.getTime() ?? NaN) - nowMs
    assert.ok(inMs >= 10_000 && inMs <= 10_000 + Math.ceil(tookMs), `${inMs}`)
  })

  it('has what waits for a time apart, and the last of them is the last of all', async () => {
    const sendAt = new Date(Math.floor(Date.now() / 1_000) * 1_000 + HOUR_MS)
    await reports(100)
    await send(5, { sendAt })
    await send(3, { sendAt: new Date(sendAt.getTime() + HOUR_MS) })
    await send(30, { sending: { ...PLAIN_SENDING, partsPerSecond: 1 } })
    const { normal } = await queueOf()
    assert.deepEqual([normal.ready.recipients, normal.scheduled.recipients], [1, 37])
    assert.deepEqual(normal.scheduled.lastAt, new Date(sendAt.getTime() + HOUR_MS))
    assert.deepEqual(normal.lastHandOverAt, normal.scheduled.lastAt)
  })

  it('has what a relay took as under way, alone and merged with that of others', async () => {
    await send(100)
    await send(3)
    await send(2, { userId: OTHER })
    await claim(stack.db, 'normal', 10, newIdOf(stack.db))
    const { normal } = await queueOf()
    assert.deepEqual([normal.ready.recipients, normal.underWay], [0, 103])
    assert.equal((await queueOf(OTHER)).normal.underWay, 2)
  })

  it('is read by indexes, whatever others have waiting', async () => {
    for (let no = 0; no < 20; no++) await send(100, { userId: OTHER })
    await send(1)
    const plans = await explain(
      stack.db,
      sql`SELECT recipients FROM outbox_events FORCE INDEX (idx_outbox_user) WHERE user_id = ${CUSTOMER} AND lane = 2 LIMIT 10000`,
    )
    assert.ok(plans.every(({ key }) => key === 'idx_outbox_user'))
  })
})
