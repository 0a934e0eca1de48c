import assert from 'node:assert/strict'
import { SILENT } from '../operators/scriptedOperator.ts'
import { DEPOSIT, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { accepts, saysOfEach, testOperator } from './operators.ts'
import type { Answer, TestOperator } from './operators.ts'

describe('a message of which nobody knows whether an operator took it', () => {
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
  const sizes = ({ calls }: TestOperator) => calls.map(({ length }) => length)
  const delivery = () => openDelivery(bench.db, [a, b])

  it('goes back to the outbox under its marks, and neither fails nor is refunded', async () => {
    const id = await bench.accept()
    await delivery().deliver(await bench.envelope())
    assert.deepEqual(
      [sizes(a), sizes(b)],
      [
        [1, 1],
        [1, 1],
      ],
    )
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.possiblySent, row.possibleDuplicate], ['pending', true, true])
    assert.deepEqual(await bench.refunds(), [])
  })

  it('is not ended by both being unavailable afterwards, and keeps its reference', async () => {
    const id = await bench.accept()
    const { deliver } = delivery()
    await deliver(await bench.envelope())
    both(saysOfEach('unavailable'))
    await deliver(await bench.nextRound())
    assert.deepEqual([(await bench.row(id)).status, await bench.refunds()], ['pending', []])
    both(accepts)
    await deliver(await bench.nextRound())
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.provider, row.possiblySent], ['done', 'a', true])
    assert.equal(new Set([...a.calls, ...b.calls].flat()).size, 1)
  })

  it('fails, refunded once and marked as possibly sent, when its time runs out', async () => {
    const id = await bench.accept()
    const { deliver } = delivery()
    await deliver(await bench.envelope())
    await bench.graceIsOver(id)
    await deliver(await bench.nextRound())
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.possiblySent, row.possibleDuplicate], ['failed', true, true])
    assert.equal((await bench.refunds()).length, 1)
    assert.equal(await bench.balance(), DEPOSIT)
  })

  it('keeps that mark when unavailability is what its time runs out on', async () => {
    const id = await bench.accept()
    const { deliver } = delivery()
    await deliver(await bench.envelope())
    await bench.graceIsOver(id)
    both(saysOfEach('unavailable'))
    await deliver(await bench.nextRound())
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.possiblySent], ['failed', true])
  })

  it('gets that mark though its very last call was the first without an answer', async () => {
    const id = await bench.accept({ type: 'express' })
    both(saysOfEach('unavailable'))
    const { deliver } = delivery()
    await deliver(await bench.envelope('express'))
    await bench.graceIsOver(id)
    b.answer = () => SILENT
    await deliver(await bench.nextRound('express'))
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.possiblySent, row.possibleDuplicate], ['failed', true, false])
  })

  it('fails at once, refunded and marked, when the other operator rejects it', async () => {
    const id = await bench.accept()
    b.answer = saysOfEach('rejected')
    await delivery().deliver(await bench.envelope())
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.provider, row.possiblySent], ['failed', 'b', true])
    assert.equal((await bench.refunds()).length, 1)
  })
})
