import assert from 'node:assert/strict'
import { append } from '../../src/outbox/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import { SILENT } from './operators.ts'
import { eventually } from '../support/eventually.ts'
import { DEPOSIT, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { accepts, saysOfEach, slowOperator, testOperator } from './operators.ts'

const LEASE_MS = 10_000
const ROUNDING_MS = 2

describe('an envelope that is delivered again', () => {
  let bench: Bench
  beforeEach(async () => (bench = await openBench()))
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  it('while its owner lives, is left to it and due again when the lease ends', async () => {
    const id = await bench.accept({ count: 2 })
    const envelope = await bench.envelope()
    const slow = slowOperator('a')
    const first = openDelivery(bench.db, [slow])
    const working = first.deliver(envelope)
    await eventually('the first calls', () => slow.calls.length === 1)
    await bench.published()

    const other = testOperator('a')
    const second = openDelivery(bench.db, [other])
    await second.deliver(envelope)
    assert.deepEqual([other.calls, second.reported.settled], [[], []])
    const [before] = await bench.rows(id)
    const [waiting] = await bench.outbox()
    const [after] = await bench.rows(id)
    assert.ok(before?.leaseMs && before.leaseMs > 0 && before.leaseMs <= LEASE_MS && after?.leaseMs)
    const [leastMs, mostMs] = [after.leaseMs - ROUNDING_MS, before.leaseMs + ROUNDING_MS]
    assert.ok(waiting && waiting.dueInMs >= leastMs && waiting.dueInMs <= mostMs, 'due when the lease ends')
    assert.equal(before.possibleDuplicate, false)

    slow.answerWith(accepts)
    await working
    assert.deepEqual(first.reported.settled, ['done', 'done'])
    assert.deepEqual(await bench.outbox(), [])
  })

  it('after its owner died, is marked, sent again and ends once', async () => {
    const id = await bench.accept({ count: 2, type: 'express' })
    const envelope = await bench.envelope('express')
    const dead = slowOperator('a')
    void openDelivery(bench.db, [dead]).deliver(envelope)
    await eventually('the first calls', () => dead.calls.length === 1)
    await bench.leaseIsOver(id)

    const a = testOperator('a')
    const { deliver, reported } = openDelivery(bench.db, [a])
    await deliver(envelope)
    assert.deepEqual(a.calls, dead.calls, 'the same references')
    assert.ok((await bench.rows(id)).every((row) => row.status === 'done' && row.possibleDuplicate))
    assert.deepEqual([reported.settled, reported.possibleDuplicates], [['done', 'done'], 2])
    assert.deepEqual(await bench.outbox(), [])
  })

  for (const [answer, name] of [
    [accepts, 'taken'],
    [saysOfEach('rejected'), 'rejected'],
  ] as const) {
    it(`changes nothing more when the lost owner hears "${name}" late, which is reported`, async () => {
      const id = await bench.accept({ count: 2 })
      const envelope = await bench.envelope()
      const slow = slowOperator('a')
      const late = openDelivery(bench.db, [slow])
      const working = late.deliver(envelope)
      await eventually('the first calls', () => slow.calls.length === 1)
      await bench.leaseIsOver(id)
      await openDelivery(bench.db, [testOperator('b')]).deliver(envelope)

      slow.answerWith(answer)
      await working
      assert.deepEqual(
        (await bench.rows(id)).map(({ status, provider }) => [status, provider]),
        [
          ['done', 'b'],
          ['done', 'b'],
        ],
      )
      assert.deepEqual([late.reported.settled, late.reported.stale.length], [[], 2])
      assert.deepEqual(await bench.refunds(), [])
    })
  }

  it('is not tried further by an owner that lost it: what was taken over is left to the new one', async () => {
    const id = await bench.accept()
    const envelope = await bench.envelope()
    const slow = slowOperator('a')
    const b = testOperator('b')
    const lost = openDelivery(bench.db, [slow, b])
    const working = lost.deliver(envelope)
    await eventually('the first calls', () => slow.calls.length === 1)
    await bench.leaseIsOver(id)
    const newOwner = slowOperator('c')
    const next = openDelivery(bench.db, [newOwner])
    const taking = next.deliver(envelope)
    await eventually('the new owner calls', () => newOwner.calls.length === 1)

    slow.answerWith(() => SILENT)
    await working
    assert.deepEqual([slow.calls.length, b.calls], [1, []], 'asked neither again nor elsewhere')
    newOwner.answerWith(accepts)
    await taking
    assert.deepEqual((await bench.row(id)).provider, 'c')
  })

  it('after its end, sends nothing and loses a row that was left behind', async () => {
    await bench.accept({ count: 3 })
    const envelope = await bench.envelope()
    const a = testOperator('a')
    const { deliver, reported } = openDelivery(bench.db, [a])
    await deliver(envelope)
    const { outboxId: id, type, ranges } = envelope
    await transact(bench.db, 'test.append', (tx) =>
      append(tx, [{ id, type, ranges, order: { condition: 'ready', tag: 0 } }]),
    )
    await deliver(envelope)
    assert.deepEqual([a.calls.length, reported.settled.length, reported.stale], [1, 3, []])
    assert.deepEqual(await bench.outbox(), [])
  })

  it('at the same time, is sent once and ends once', async () => {
    const id = await bench.accept({ count: 20 })
    const envelope = await bench.envelope()
    const a = testOperator('a', saysOfEach('rejected'))
    const deliveries = Array.from({ length: 6 }, () => openDelivery(bench.patient(), [a]))
    await Promise.all(deliveries.map(({ deliver }) => deliver(envelope)))
    assert.deepEqual([a.calls.length, a.calls.flat().length], [1, 20])
    assert.equal(deliveries.flatMap(({ reported }) => reported.settled).length, 20)
    assert.ok((await bench.rows(id)).every(({ status }) => status === 'failed'))
    assert.equal((await bench.refunds()).length, 20)
    assert.equal(await bench.balance(), DEPOSIT)
    assert.deepEqual(await bench.outbox(), [])
  })

  it('is finished by two owners that have a part each', async () => {
    const id = await bench.accept({ count: 4 })
    const envelope = await bench.envelope()
    const slow = slowOperator('a')
    const first = openDelivery(bench.db, [slow])
    const working = first.deliver(envelope)
    await eventually('the first calls', () => slow.calls.length === 1)
    await bench.leaseIsOver(id, 3)
    const a = testOperator('a')
    await openDelivery(bench.db, [a]).deliver(envelope)
    assert.deepEqual(a.calls, [[`${id}:3`, `${id}:4`]])
    assert.equal((await bench.outbox()).length, 1, 'two are not at their end')

    slow.answerWith(accepts)
    await working
    assert.deepEqual([first.reported.settled.length, first.reported.stale.length], [2, 2])
    assert.ok((await bench.rows(id)).every(({ status }) => status === 'done'))
    const [left] = await bench.outbox()
    assert.deepEqual(left?.names, [`${id}:1-2`], 'named for the first owner when the second was done')
    await first.deliver(await bench.nextRound())
    assert.deepEqual([slow.calls.length, await bench.outbox()], [1, []])
  })
})
