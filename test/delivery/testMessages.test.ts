import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { look } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { DEPOSIT, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { SILENT, UNAVAILABLE, accepts, saysOfEach, slowOperator, testOperator } from './operators.ts'
import type { TestOperator } from './operators.ts'

describe('a test message', () => {
  let bench: Bench
  let live: [TestOperator, TestOperator]
  let ofTestKeys: TestOperator
  beforeEach(async () => {
    bench = await openBench()
    live = [testOperator('a'), testOperator('b')]
    ofTestKeys = testOperator('operator-test')
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  const delivery = (changes: Parameters<typeof openDelivery>[2] = {}) =>
    openDelivery(bench.db, live, { testOperators: [ofTestKeys], ...changes })
  const gotBy = ({ calls }: TestOperator) => calls.flat().map((reference) => reference.split(':')[0])
  const liveCalls = () => live.flatMap(gotBy)

  for (const type of ['normal', 'express'] as const)
    it(`reaches the test operator alone, and costs nothing (${type})`, async () => {
      const id = await bench.accept({ count: 2, type, isTest: true })
      await delivery().deliver(await bench.envelope(type))
      assert.ok(
        (await bench.rows(id)).every(
          ({ status, provider }) => status === 'done' && provider === 'operator-test',
        ),
      )
      assert.deepEqual([gotBy(ofTestKeys), liveCalls()], [[id, id], []])
      assert.equal(await bench.balance(), DEPOSIT)
    })

  it('shares a merged envelope with live ones, and each goes to operators of its own', async () => {
    const [one, test, other] = [
      await bench.accept({ count: 3 }),
      await bench.accept({ count: 2, isTest: true }),
      await bench.accept(),
    ]
    const envelope = await bench.envelope()
    assert.equal(envelope.ranges.length, 3)
    await delivery().deliver(envelope)
    assert.deepEqual(gotBy(ofTestKeys), [test, test])
    assert.deepEqual(liveCalls().toSorted(), [one, one, one, other].toSorted())
    assert.deepEqual(await bench.outbox(), [])
    assert.equal(await bench.balance(), DEPOSIT - 4)
  })

  it('goes to no live operator when the test operator does not take it', async () => {
    const id = await bench.accept({ isTest: true })
    ofTestKeys.answer = () => UNAVAILABLE
    await delivery().deliver(await bench.envelope())
    assert.equal((await bench.row(id)).status, 'pending')
    await bench.oneAttemptIsLeft(id)
    await ofTestKeys.openBreaker()
    await delivery().deliver(await bench.nextRound())
    assert.deepEqual(liveCalls(), [])
    assert.equal((await bench.row(id)).status, 'pending')
  })

  it('leaves the test operator to test messages, whatever happens to the live ones', async () => {
    const [unavailable, blocked, unknown] = [await bench.accept(), await bench.accept(), await bench.accept()]
    for (const operator of live) operator.answer = () => UNAVAILABLE
    await delivery().deliver(await bench.envelope())
    for (const operator of live) await operator.openBreaker()
    await delivery().deliver(await bench.nextRound())
    for (const id of [unavailable, blocked, unknown]) assert.equal((await bench.row(id)).status, 'pending')
    assert.deepEqual(gotBy(ofTestKeys), [])
    assert.equal((await bench.refunds()).length, 0)
  })

  it('fails at once where there is no test operator, without a refund', async () => {
    const [live, test] = [await bench.accept(), await bench.accept({ isTest: true })]
    const { deliver, reported } = delivery({ testOperators: [] })
    await deliver(await bench.envelope())
    const { status, failureReason, provider } = await bench.row(test)
    assert.deepEqual([status, failureReason, provider], ['failed', 'no test operator', ''])
    assert.equal((await bench.row(live)).status, 'done')
    assert.deepEqual(reported.settled.toSorted(), ['done', 'failed'])
    assert.deepEqual(await bench.refunds(), [])
    assert.deepEqual(await bench.outbox(), [])
  })

  it('is rejected, and given up after unknown results, without a refund', async () => {
    const rejected = await bench.accept({ isTest: true })
    ofTestKeys.answer = saysOfEach('rejected')
    await delivery().deliver(await bench.envelope())
    assert.equal((await bench.row(rejected)).provider, 'operator-test')
    const unknown = await bench.accept({ isTest: true, type: 'express' })
    ofTestKeys.answer = () => SILENT
    await delivery().deliver(await bench.envelope('express'))
    await delivery().deliver(await bench.nextRound('express'))
    const { status, possiblySent } = await bench.row(unknown)
    assert.deepEqual([status, possiblySent], ['failed', true])
    assert.deepEqual([await bench.refunds(), liveCalls()], [[], []])
  })

  it('waits for a slow test operator without keeping live ones from theirs', async () => {
    const test = await bench.accept({ isTest: true })
    const slow = slowOperator('operator-test')
    const { deliver } = delivery({ callsMax: 1, testOperators: [slow] })
    const waiting = deliver(await bench.envelope())
    await eventually('the test operator is called', () => slow.calls.length === 1)
    const id = await bench.accept()
    await deliver(await bench.envelope())
    assert.equal((await bench.row(id)).status, 'done')
    slow.answerWith(accepts)
    await waiting
    assert.equal((await bench.row(test)).status, 'done')
  })

  it('has an entry of nothing in the ledger, which says what it is', async () => {
    await bench.accept({ count: 2, isTest: true })
    const [entry] = await look(
      bench.db,
      sql`SELECT amount, description FROM user_transactions WHERE transaction_type = 'charge'`,
    )
    assert.deepEqual(entry, { amount: 0, description: '2 normal test messages' })
  })
})
