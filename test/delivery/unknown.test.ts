import assert from 'node:assert/strict'
import { DEPOSIT, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { SILENT, accepts, answers, saysOfEach, testOperator } from './operators.ts'
import type { Answer, TestOperator } from './operators.ts'

describe('a message whose result is unknown', () => {
  let bench: Bench
  let a: TestOperator
  let b: TestOperator
  beforeEach(async () => {
    bench = await openBench()
    a = testOperator('a', () => SILENT)
    b = testOperator('b', () => SILENT)
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  const both = (answer: Answer) => {
    a.answer = b.answer = answer
  }
  const calls = () => [a.calls.length, b.calls.length]
  const delivery = () => openDelivery(bench.db, [a, b])

  it('goes to the next operator, and then back to the outbox, marked and counted', async () => {
    const id = await bench.accept()
    const { deliver, reported } = delivery()
    await deliver(await bench.envelope())
    const row = await bench.row(id)
    assert.deepEqual([calls(), row.status, row.unconfirmed], [[1, 1], 'pending', 2])
    assert.deepEqual(reported.submittedAgain, { b: 1 })
    assert.deepEqual([row.possiblySent, row.possibleDuplicate], [true, true])
    assert.deepEqual(await bench.refunds(), [])
  })

  it('goes to the same operator once more only if that deduplicates references', async () => {
    const id = await bench.accept()
    a.deduplicatesReferences = true
    b.answer = accepts
    await delivery().deliver(await bench.envelope())
    assert.deepEqual([calls(), (await bench.row(id)).provider], [[2, 1], 'b'])
  })

  it('is submitted three times in all, over all rounds; then it fails, refunded and possibly sent', async () => {
    const id = await bench.accept()
    const { deliver, reported } = delivery()
    await deliver(await bench.envelope())
    await deliver(await bench.nextRound())
    const row = await bench.row(id)
    assert.deepEqual([calls(), row.status, row.possiblySent], [[2, 1], 'failed', true])
    assert.equal(row.failureReason, 'no operator confirmed it')
    assert.deepEqual([await bench.balance(), await bench.outbox()], [DEPOSIT, []])
    assert.deepEqual(reported.settled, ['released', 'failed'])
  })

  it('is submitted twice in all as an express message', async () => {
    const id = await bench.accept({ type: 'express' })
    await delivery().deliver(await bench.envelope('express'))
    const row = await bench.row(id)
    assert.deepEqual([calls(), row.status, row.possiblySent], [[1, 1], 'failed', true])
    assert.equal(await bench.balance(), DEPOSIT)
  })

  it('may be offered any number of times to operators that say they did not take it', async () => {
    const id = await bench.accept()
    const { deliver } = delivery()
    both(saysOfEach('unavailable'))
    await deliver(await bench.envelope())
    for (let round = 0; round < 5; round++) await deliver(await bench.nextRound())
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.unconfirmed, row.attempts], ['pending', 0, 6])
    both(accepts)
    await deliver(await bench.nextRound())
    assert.equal((await bench.row(id)).status, 'done')
  })

  it('counts unknown results alone: those before stay counted, and what was not taken is not', async () => {
    const id = await bench.accept()
    const { deliver } = delivery()
    b.answer = saysOfEach('unavailable')
    await deliver(await bench.envelope())
    assert.equal((await bench.row(id)).unconfirmed, 1)
    both(saysOfEach('unavailable'))
    await deliver(await bench.nextRound())
    assert.deepEqual([(await bench.row(id)).unconfirmed, await bench.refunds()], [1, []])
    both(accepts)
    await deliver(await bench.nextRound())
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.provider, row.possiblySent], ['done', 'a', true])
    assert.equal(new Set([...a.calls, ...b.calls].flat()).size, 1)
  })

  it('fails, refunded once and marked as possibly sent, when its attempts are used up first', async () => {
    const id = await bench.accept()
    b.answer = saysOfEach('unavailable')
    const { deliver } = delivery()
    await deliver(await bench.envelope())
    await bench.oneAttemptIsLeft(id)
    await deliver(await bench.nextRound())
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.possiblySent, row.possibleDuplicate], ['failed', true, true])
    assert.deepEqual([(await bench.refunds()).length, await bench.balance()], [1, DEPOSIT])
  })

  it('fails at once, refunded and marked, when the other operator rejects it', async () => {
    const id = await bench.accept()
    b.answer = saysOfEach('rejected')
    await delivery().deliver(await bench.envelope())
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.provider, row.possiblySent], ['failed', 'b', true])
    assert.equal((await bench.refunds()).length, 1)
  })

  it('of which an operator took some parts and will never take another fails, refunded and possibly sent', async () => {
    const id = await bench.accept()
    a.answer = (batch) =>
      answers(batch, () => ({ kind: 'rejected', reason: '1 of 2 parts taken', partIds: ['x', null] }))
    await delivery().deliver(await bench.envelope())
    const row = await bench.row(id)
    assert.deepEqual([calls(), row.status, row.possiblySent], [[1, 0], 'failed', true])
    assert.deepEqual([await bench.balance(), await bench.outbox()], [DEPOSIT, []])
  })
})
