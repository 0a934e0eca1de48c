import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { cancel, decideQuarantined } from '../../src/delivery/index.ts'
import { claim } from '../../src/outbox/claim.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import { look, newIdOf } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { CUSTOMER, DEPOSIT, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { SILENT, UNAVAILABLE, accepts, testOperator } from './operators.ts'
import type { TestOperator } from './operators.ts'
import { skippableClock } from './skippableClock.ts'

/** After it a message that was accepted for 60 s is over, and before it none is, however slow the machine. */
const MORE_THAN_A_MINUTE_MS = 61_000

describe('a message that expires', () => {
  let bench: Bench
  let a: TestOperator
  let b: TestOperator
  beforeEach(async () => {
    bench = await openBench()
    a = testOperator('a')
    b = testOperator('b')
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  const delivery = () => openDelivery(bench.db, [a, b])
  const calls = () => [a.calls.length, b.calls.length]

  it('is sent before its time is over', async () => {
    const id = await bench.accept({ expiresInSeconds: 60 })
    await delivery().deliver(await bench.envelope())
    assert.equal((await bench.row(id)).status, 'done')
  })

  it('is not submitted after it: it fails, refunded once', async () => {
    const id = await bench.accept({ count: 2, expiresInSeconds: 60 })
    await bench.expiresIn(id, 0)
    const { deliver, reported } = delivery()
    await deliver(await bench.envelope())
    const rows = await bench.rows(id)
    assert.deepEqual(
      rows.map(({ status, failureReason, provider, possiblySent }) => [
        status,
        failureReason,
        provider,
        possiblySent,
      ]),
      [
        ['failed', 'expired', '', false],
        ['failed', 'expired', '', false],
      ],
    )
    assert.deepEqual(
      [calls(), reported.settled],
      [
        [0, 0],
        ['failed', 'failed'],
      ],
    )
    assert.deepEqual(
      [(await bench.refunds()).length, await bench.balance(), await bench.outbox()],
      [2, DEPOSIT, []],
    )
  })

  it('fails although every operator is throttled', async () => {
    const id = await bench.accept({ expiresInSeconds: 60 })
    await bench.expiresIn(id, -1)
    a.pace.readyAt = b.pace.readyAt = performance.now() + 600_000
    await delivery().deliver(await bench.envelope())
    assert.equal((await bench.row(id)).failureReason, 'expired')
  })

  it('fails alone in an envelope that claims merged', async () => {
    const expired = await bench.accept({ expiresInSeconds: 60 })
    const others = [await bench.accept(), await bench.accept({ expiresInSeconds: 600 })]
    await bench.expiresIn(expired, 0)
    const claimed = await claim(bench.db, 'normal', 20, newIdOf(bench.db))
    const [envelope] = claimed?.envelopes ?? []
    assert.equal(envelope?.ranges.length, 3)
    await delivery().deliver(envelope)
    assert.equal((await bench.row(expired)).failureReason, 'expired')
    for (const id of others) assert.equal((await bench.row(id)).status, 'done')
    assert.deepEqual([a.calls.flat().length, await bench.balance()], [2, DEPOSIT - 2])
  })

  describe('while it is being sent', () => {
    const clock = skippableClock()
    beforeEach(() => (clock.skipMs = 0))
    after(() => clock.restore())
    const passes = (result: typeof UNAVAILABLE) => () => {
      clock.skipMs += MORE_THAN_A_MINUTE_MS
      return result
    }

    it('goes to no further operator', async () => {
      const id = await bench.accept({ expiresInSeconds: 60 })
      a.answer = passes(UNAVAILABLE)
      await delivery().deliver(await bench.envelope())
      const row = await bench.row(id)
      assert.deepEqual([calls(), row.failureReason, row.possiblySent], [[1, 0], 'expired', false])
      assert.equal(await bench.balance(), DEPOSIT)
    })

    it('goes to no further operator after an unknown result, and keeps the mark', async () => {
      const id = await bench.accept({ expiresInSeconds: 60 })
      a.answer = passes(SILENT)
      await delivery().deliver(await bench.envelope())
      const row = await bench.row(id)
      assert.deepEqual([calls(), row.status, row.possiblySent], [[1, 0], 'failed', true])
      assert.equal(row.failureReason, 'expired, and no operator confirmed it')
      assert.deepEqual([(await bench.refunds()).length, await bench.balance()], [1, DEPOSIT])
    })

    it('is not submitted when its time ends while it waits for a call', async () => {
      const first = await bench.accept({ text: 'first' })
      const envelope = await bench.envelope()
      const id = await bench.accept({ text: 'second', expiresInSeconds: 60 })
      const next = await bench.envelope()
      const answered = Promise.withResolvers<void>()
      const called = Promise.withResolvers<void>()
      a.answer = async (batch) => {
        called.resolve()
        await answered.promise
        return accepts(batch)
      }
      const { deliver } = openDelivery(bench.db, [a], { callsMax: 1 })
      const delivering = deliver(envelope)
      await called.promise
      const waiting = deliver(next)
      await eventually('it is claimed', async () => (await bench.row(id)).status === 'sending')
      clock.skipMs += MORE_THAN_A_MINUTE_MS
      answered.resolve()
      await Promise.all([delivering, waiting])
      assert.deepEqual(
        [(await bench.row(first)).status, (await bench.row(id)).failureReason, a.calls.length],
        ['done', 'expired', 1],
      )
    })
  })

  it('keeps the mark of an owner that died, and is submitted to nobody', async () => {
    const id = await bench.accept({ expiresInSeconds: 60 })
    a.answer = () => SILENT
    b.answer = () => UNAVAILABLE
    const { deliver } = delivery()
    await deliver(await bench.envelope())
    await bench.expiresIn(id, 0)
    await deliver(await bench.nextRound())
    const row = await bench.row(id)
    assert.deepEqual([calls(), row.status, row.possiblySent], [[1, 1], 'failed', true])
    assert.deepEqual([(await bench.refunds()).length, await bench.balance()], [1, DEPOSIT])
  })

  it('fails when a person lets it go on after its time', async () => {
    const id = await bench.accept({ expiresInSeconds: 60 })
    const { deliver } = delivery()
    await look(
      bench.db,
      sql`UPDATE sms_status SET status = 'sending', owner = 'lostlost', lease_until = NOW(3) - INTERVAL 1 SECOND,
          unconfirmed = 3, possibly_sent = TRUE, possible_duplicate = TRUE
        WHERE sms_identifier = ${identifierToBytes(id)}`,
    )
    await deliver(await bench.envelope())
    assert.deepEqual(await bench.quarantined(), [`${id}:1`])
    await bench.expiresIn(id, 0)
    const context = { db: bench.db, newId: newIdOf(bench.db) }
    assert.equal(
      await decideQuarantined(context, { smsIdentifier: id, recipientNo: 1 }, { kind: 'retry' }),
      'decided',
    )
    await deliver(await bench.nextRound())
    const row = await bench.row(id)
    assert.deepEqual([calls(), row.status, row.possiblySent], [[0, 0], 'failed', true])
    assert.equal(await bench.balance(), DEPOSIT)
  })

  it('is cancelled or expired, and refunded once', async () => {
    const id = await bench.accept({ expiresInSeconds: 60 })
    await bench.expiresIn(id, 0)
    const envelope = await bench.envelope()
    const cancelling = cancel({ db: bench.db }, { userId: CUSTOMER, smsIdentifier: id })
    await Promise.all([cancelling, delivery().deliver(envelope)])
    assert.ok(['failed', 'cancelled'].includes((await bench.row(id)).status))
    assert.deepEqual([calls(), (await bench.refunds()).length, await bench.balance()], [[0, 0], 1, DEPOSIT])
  })
})
