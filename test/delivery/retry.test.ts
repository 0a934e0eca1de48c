import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { UNAVAILABLE } from './operators.ts'
import { breakable } from './breakable.ts'
import { DEPOSIT, RETRY, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { accepts, saysOfEach, testOperator } from './operators.ts'
import type { Answer, TestOperator } from './operators.ts'
import { skippableClock } from './skippableClock.ts'

/** How long a round gives calls to messages of their own. */
const ALONE_TIME_MS = 5_000

describe('a message that no operator takes', () => {
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

  const both = (answer: Answer) => {
    a.answer = b.answer = answer
  }
  const sizes = ({ calls }: TestOperator) => calls.map(({ length }) => length)
  const delivery = () => openDelivery(bench.db, [a, b])

  describe('because both are unavailable', () => {
    beforeEach(() => both(() => UNAVAILABLE))

    it('goes back to the outbox with the reason, due again soon, its first attempt counted', async () => {
      const id = await bench.accept()
      const { deliver, reported } = delivery()
      await deliver(await bench.envelope())
      const row = await bench.row(id)
      assert.deepEqual([row.status, row.owner, row.leaseMs, row.retrying], ['pending', null, null, true])
      assert.deepEqual([row.possiblySent, row.possibleDuplicate], [false, false])
      const [waiting] = await bench.outbox()
      assert.deepEqual([row.attempts, waiting?.lastError], [1, 'HTTP 503'])
      assert.ok(waiting && waiting.dueInMs <= 500, `due in ${waiting?.dueInMs} ms`)
      assert.deepEqual(reported.settled, ['released'])
      assert.equal(await bench.balance(), DEPOSIT - 1)
    })

    it('waits longer after each round, up to five seconds', async () => {
      await bench.accept()
      both(saysOfEach('unavailable'))
      const { deliver } = delivery()
      const waits: number[] = []
      await deliver(await bench.envelope())
      for (let round = 0; round < 5; round++) {
        await deliver(await bench.nextRound())
        const [waiting] = await bench.outbox()
        waits.push(waiting?.delayMs ?? NaN)
      }
      assert.deepEqual(waits, [1_000, 2_000, 4_000, 5_000, 5_000])
    })

    it('is done, at no further cost, when one takes it in a later attempt', async () => {
      const id = await bench.accept()
      const { deliver } = delivery()
      await deliver(await bench.envelope())
      b.answer = accepts
      await deliver(await bench.nextRound())
      const row = await bench.row(id)
      assert.deepEqual([row.status, row.provider, row.possibleDuplicate], ['done', 'b', false])
      assert.equal(await bench.balance(), DEPOSIT - 1)
    })

    it('fails and is refunded once when its attempts are used up', async () => {
      const id = await bench.accept()
      const { deliver, reported } = delivery()
      await deliver(await bench.envelope())
      await bench.oneAttemptIsLeft(id)
      await deliver(await bench.nextRound())
      const row = await bench.row(id)
      assert.deepEqual([row.status, row.provider, row.possiblySent], ['failed', '', false])
      assert.deepEqual(await bench.refunds(), [
        { no: 1, amount: 1, description: 'refund: no operator took it' },
      ])
      assert.equal(await bench.balance(), DEPOSIT)
      assert.deepEqual(await bench.outbox(), [])
      assert.deepEqual(reported.settled, ['released', 'failed'])
    })

    it('fails after as many attempts as the policy has, and not before', async () => {
      const id = await bench.accept()
      both(saysOfEach('unavailable'))
      const { deliver, reported } = delivery()
      await deliver(await bench.envelope())
      for (let round = 2; round <= RETRY.attemptsMax; round++) await deliver(await bench.nextRound())
      assert.deepEqual([(await bench.row(id)).status, (await bench.row(id)).attempts], ['failed', 10])
      assert.deepEqual(reported.settled, [...Array.from({ length: 9 }, () => 'released'), 'failed'])
      assert.deepEqual([(await bench.refunds()).length, a.calls.length], [1, 10])
    })

    it('spreads the attempts of different envelopes, and keeps the recipients of one in one row', async () => {
      await bench.accept({ count: 3 })
      const draws = [0.5, 0.99]
      const { deliver } = openDelivery(bench.db, [a, b], { random: () => draws.shift() ?? assert.fail() })
      const envelope = await bench.envelope()
      await deliver(envelope)
      await bench.accept()
      await deliver(await bench.envelope())
      const rows = await bench.outbox()
      assert.deepEqual(
        rows.map(({ delayMs }) => delayMs),
        [560, 620],
      )
    })

    it('ends only by a call of its own, never by one that it shared', async () => {
      const id = await bench.accept({ count: 3 })
      const { deliver } = delivery()
      await deliver(await bench.envelope())
      assert.deepEqual([sizes(a), sizes(b)], [[3], [3]])
      await bench.oneAttemptIsLeft(id)
      // The operators are away for calls of several and take a message alone: nothing has to fail.
      both((batch) => (batch.length > 1 ? UNAVAILABLE : accepts(batch)))
      await deliver(await bench.nextRound())
      assert.deepEqual(
        [sizes(a), sizes(b)],
        [
          [3, 3, 1, 1, 1],
          [3, 3],
        ],
      )
      assert.ok((await bench.rows(id)).every(({ status }) => status === 'done'))
      assert.deepEqual(await bench.refunds(), [])
    })

    it('fails when both refuse it alone as well', async () => {
      const id = await bench.accept({ count: 2 })
      const { deliver } = delivery()
      await deliver(await bench.envelope())
      await bench.oneAttemptIsLeft(id)
      await deliver(await bench.nextRound())
      assert.ok((await bench.rows(id)).every(({ status }) => status === 'failed'))
      assert.deepEqual((await bench.refunds()).map(({ no }) => no).sort(), [1, 2])
      assert.equal(await bench.balance(), DEPOSIT)
    })

    it('gets that call within the time that the round has for it; who is left keeps waiting', async () => {
      const id = await bench.accept({ count: 8 })
      const clock = skippableClock()
      let aloneAtMs = 0
      // Only the whole call fails, so that the breakers stay out of it; alone each takes a second of this process's time,
      // and a little more for the last to end behind the round's, in which what a slow machine took is part of it.
      b.answer = (batch) => {
        if (batch.length === 1) return saysOfEach('unavailable')(batch)
        aloneAtMs = performance.now()
        return UNAVAILABLE
      }
      a.answer = (batch) => {
        if (batch.length === 1) {
          aloneAtMs += 1_100
          clock.skipMs += Math.max(0, aloneAtMs - performance.now())
        }
        return b.answer(batch)
      }
      const { deliver } = delivery()
      const statuses = async () => Object.groupBy(await bench.rows(id), ({ status }) => status)
      await deliver(await bench.envelope())
      await bench.oneAttemptIsLeft(id)
      await deliver(await bench.nextRound()).finally(() => clock.restore())
      const { failed = [], pending = [] } = await statuses()
      assert.deepEqual([failed.length, pending.length], [ALONE_TIME_MS / 1_000, 8 - ALONE_TIME_MS / 1_000])
      assert.equal((await bench.outbox()).length, 1)
      await deliver(await bench.nextRound())
      assert.equal((await statuses()).failed?.length, 8)
      assert.equal((await bench.refunds()).length, 8)
      assert.deepEqual(await bench.outbox(), [])
    })

    it('gets it one after the other: a class has no more calls under way than it has envelopes', async () => {
      const id = await bench.accept({ count: 5 })
      let underWay = 0
      let most = 0
      both(async (batch) => {
        most = Math.max(most, ++underWay)
        await setImmediate()
        underWay--
        return batch.length > 1 ? UNAVAILABLE : accepts(batch)
      })
      const { deliver } = delivery()
      await deliver(await bench.envelope())
      await bench.oneAttemptIsLeft(id)
      await deliver(await bench.nextRound())
      assert.deepEqual([sizes(a), most], [[5, 5, 1, 1, 1, 1, 1], 1])
    })

    it('needs no call alone when both say it of each message', async () => {
      const id = await bench.accept({ count: 3 })
      both(saysOfEach('unavailable'))
      const { deliver } = delivery()
      await deliver(await bench.envelope())
      await bench.oneAttemptIsLeft(id)
      await deliver(await bench.nextRound())
      assert.deepEqual(
        [sizes(a), sizes(b)],
        [
          [3, 3],
          [3, 3],
        ],
      )
      assert.equal((await bench.refunds()).length, 3)
    })
  })

  describe('because it was never called', () => {
    it('waits for as long as all breakers are open: no attempt counts, nothing is refunded', async () => {
      const id = await bench.accept({ count: 2 })
      await Promise.all([a.openBreaker(), b.openBreaker()])
      const { deliver, reported } = delivery()
      await deliver(await bench.envelope())
      assert.ok((await bench.rows(id)).every(({ attempts }) => attempts === 0))
      await bench.oneAttemptIsLeft(id)
      for (let round = 0; round < 3; round++) await deliver(await bench.nextRound())
      assert.deepEqual([sizes(a), sizes(b)], [[], []])
      const rows = await bench.rows(id)
      assert.ok(rows.every((row) => row.status === 'pending' && !row.retrying && row.attempts === 9))
      assert.deepEqual(new Set(reported.settled), new Set(['released']))
      assert.ok((await bench.outbox()).every(({ delayMs }) => delayMs === RETRY.minDelayMs))
      assert.deepEqual(await bench.refunds(), [])
    })

    it("does not fail because the database was unavailable when it was the second operator's turn", async () => {
      const id = await bench.accept()
      both(saysOfEach('unavailable'))
      await delivery().deliver(await bench.envelope())
      await bench.oneAttemptIsLeft(id)
      b.answer = accepts
      b.calls.length = 0
      const breaking = breakable(bench.db)
      a.answer = (batch) => {
        breaking.breakOnce()
        return saysOfEach('unknown')(batch)
      }
      const { deliver, reported } = openDelivery(breaking.db, [a, b])
      await deliver(await bench.nextRound())
      assert.ok(reported.failures.length > 0 && reported.failures.every((step) => step === 'renew'))
      assert.deepEqual([b.calls, (await bench.row(id)).status, await bench.refunds()], [[], 'pending', []])
    })
  })

  it('fails at its first attempt when there is only one', async () => {
    const id = await bench.accept()
    both(saysOfEach('unavailable'))
    await openDelivery(bench.db, [a, b], {
      retry: { ...RETRY, attemptsMax: 1 },
    }).deliver(await bench.envelope())
    assert.equal((await bench.row(id)).status, 'failed')
  })
})
