import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import { RETRY, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { accepts, testOperator } from './operators.ts'
import type { Answer, TestOperator } from './operators.ts'

const FAR_AHEAD_MS = 60_000

describe('delivery to throttled operators', () => {
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

  /** Throttles a call, and lets the pace wait for this long. */
  const throttles =
    (operator: TestOperator, waitMs: number): Answer =>
    () => {
      operator.pace.readyAt = performance.now() + waitMs
      return { kind: 'throttled', reason: 'HTTP 429', retryAfterMs: null }
    }

  it('goes to another operator at once, unmarked', async () => {
    const id = await bench.accept()
    a.answer = throttles(a, FAR_AHEAD_MS)
    await openDelivery(bench.db, [a, b]).deliver(await bench.envelope())
    const row = await bench.row(id)
    assert.deepEqual([row.provider, row.possiblySent, a.calls.length], ['b', false, 1])
    assert.equal(a.breaker.state(), 'closed')
  })

  it('asks no operator whose pace is not ready', async () => {
    const id = await bench.accept()
    a.pace.readyAt = performance.now() + FAR_AHEAD_MS
    await openDelivery(bench.db, [a, b]).deliver(await bench.envelope())
    assert.deepEqual([a.calls, (await bench.row(id)).provider], [[], 'b'])
  })

  it('waits within the claim when the pace is ready soon, and occupies no call permit meanwhile', async () => {
    const id = await bench.accept()
    const envelope = await bench.envelope()
    const other = await bench.accept({ text: 'other' })
    const next = await bench.envelope()
    a.answer = throttles(a, FAR_AHEAD_MS)
    b.answer = (batch) => {
      if (batch[0]?.text === 'other') return accepts(batch)
      b.answer = accepts
      return throttles(b, 300)(batch)
    }
    const { deliver } = openDelivery(bench.db, [a, b], { callsMax: 1 })
    const delivering = deliver(envelope)
    await eventually('both are throttled', () => b.calls.length === 1)
    b.pace.readyAt = 0
    await deliver(next)
    assert.equal((await bench.row(other)).status, 'done')
    await delivering
    assert.deepEqual([(await bench.row(id)).provider, (await bench.row(id)).attempts], ['b', 1])
  })

  it('asks again within the claim though the pace has no limit', async () => {
    const id = await bench.accept({ type: 'express' })
    a.answer = (batch) => (a.calls.length < 3 ? throttles(a, 0)(batch) : accepts(batch))
    await openDelivery(bench.db, [a]).deliver(await bench.envelope('express'))
    const row = await bench.row(id)
    assert.deepEqual([a.calls.length, row.status, row.attempts, row.possiblySent], [3, 'done', 1, false])
  })

  it('releases what no pace admits within the lease, due when it does, as if no operator had been called', async () => {
    const id = await bench.accept({ count: 2 })
    a.answer = throttles(a, 2 * FAR_AHEAD_MS)
    b.answer = throttles(b, FAR_AHEAD_MS)
    const { deliver, reported } = openDelivery(bench.db, [a, b], { retry: { ...RETRY, attemptsMax: 1 } })
    await deliver(await bench.envelope())
    for (const row of await bench.rows(id))
      assert.deepEqual([row.status, row.retrying, row.unconfirmed], ['pending', false, 0])
    const [waiting, ...others] = await bench.outbox()
    assert.deepEqual([waiting?.names, others], [[`${id}:1-2`], []])
    assert.ok(waiting && Math.abs(waiting.dueInMs - FAR_AHEAD_MS) < 5_000, `${waiting?.dueInMs}`)
    assert.deepEqual([reported.settled, await bench.refunds()], [['released', 'released'], []])
  })

  for (const [order, openWaitMs] of [
    ['first', 0],
    ['second', FAR_AHEAD_MS],
  ] as const) {
    it(`waits for the throttled operator, not for the ${order} one, whose breaker is open`, async () => {
      await bench.accept()
      a.answer = throttles(a, 2 * FAR_AHEAD_MS)
      await b.openBreaker()
      b.pace.readyAt = performance.now() + openWaitMs
      await openDelivery(bench.db, order === 'first' ? [b, a] : [a, b]).deliver(await bench.envelope())
      const [waiting] = await bench.outbox()
      assert.deepEqual([a.calls.length, b.calls.length], [1, 0])
      assert.ok(waiting && Math.abs(waiting.dueInMs - 2 * FAR_AHEAD_MS) < 5_000, `${waiting?.dueInMs}`)
    })
  }

  it('retries by its own back-off when one is throttled and the other unavailable', async () => {
    const id = await bench.accept()
    a.answer = throttles(a, FAR_AHEAD_MS)
    b.answer = () => ({ kind: 'unavailable', reason: 'HTTP 503' })
    await openDelivery(bench.db, [a, b]).deliver(await bench.envelope())
    const [waiting] = await bench.outbox()
    assert.ok(waiting && waiting.dueInMs <= 500)
    assert.equal((await bench.row(id)).retrying, true)
  })
})

describe('a message that operators refuse by a call that fails as a whole', () => {
  let bench: Bench
  beforeEach(async () => (bench = await openBench()))
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  const refuses: Answer = () => ({ kind: 'refused', reason: 'HTTP 400', operatorFailed: false })

  it('goes to the next operator, which may take it', async () => {
    const id = await bench.accept()
    const [a, b] = [testOperator('a', refuses), testOperator('b')]
    await openDelivery(bench.db, [a, b]).deliver(await bench.envelope())
    assert.deepEqual([a.calls.length, (await bench.row(id)).provider], [1, 'b'])
  })

  it('fails and is refunded when every operator refuses it', async () => {
    const id = await bench.accept()
    await openDelivery(bench.db, [testOperator('a', refuses), testOperator('b', refuses)]).deliver(
      await bench.envelope(),
    )
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.failureReason], ['failed', 'every operator refused it'])
    assert.equal((await bench.refunds()).length, 1)
  })

  it('waits for the operator that could not be asked', async () => {
    const id = await bench.accept()
    const b = testOperator('b')
    await b.openBreaker()
    await openDelivery(bench.db, [testOperator('a', refuses), b]).deliver(await bench.envelope())
    assert.deepEqual([(await bench.row(id)).status, await bench.refunds()], ['pending', []])
  })
})
