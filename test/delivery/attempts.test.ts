import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { listAttempts, listRecipients, readMessage } from '../../src/messages/index.ts'
import { look } from '../support/arrange.ts'
import { CUSTOMER, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { SILENT, UNAVAILABLE, accepts, saysOfEach, testOperator } from './operators.ts'
import type { TestOperator } from './operators.ts'
import { claimAll, done, settleAll } from './settlements.ts'

describe('the attempts of a message', () => {
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
  const page = async (smsIdentifier: string, userId = CUSTOMER) =>
    listAttempts(bench.db, { userId, smsIdentifier, limit: 100 })
  const listed = async (id: string) =>
    (await page(id))?.attempts.map(({ attempt, provider, result, reason }) => [
      ...[attempt, provider, result, reason],
    ])
  const countStored = async () => (await look(bench.db, sql`SELECT 1 FROM delivery_attempts`)).length

  it('leave nothing when the first one succeeds', async () => {
    const id = await bench.accept({ count: 3 })
    await delivery().deliver(await bench.envelope())
    assert.deepEqual([await listed(id), await countStored()], [[], 0])
  })

  it('are told with operator, result and reason, also the one that succeeds after others', async () => {
    const id = await bench.accept()
    a.answer = () => UNAVAILABLE
    b.answer = saysOfEach('unavailable')
    const { deliver } = delivery()
    await deliver(await bench.envelope())
    b.answer = accepts
    await deliver(await bench.nextRound())
    assert.deepEqual(await listed(id), [
      [1, 'a', 'unavailable', 'HTTP 503'],
      [1, 'b', 'unavailable', 'unavailable: so it says'],
      [2, 'a', 'unavailable', 'HTTP 503'],
      [2, 'b', 'accepted', ''],
    ])
    const [first] = (await page(id))?.attempts ?? []
    assert.ok(first && first.durationMs >= 0 && first.startedAt.getTime() > Date.now() - 3_600_000)
    assert.equal((await bench.row(id)).attempts, 2)
  })

  it('are told when the first one is rejected, or nobody confirms it', async () => {
    const rejected = await bench.accept()
    a.answer = saysOfEach('rejected')
    await delivery().deliver(await bench.envelope())
    assert.deepEqual(await listed(rejected), [[1, 'a', 'rejected', 'rejected: so it says']])
    const unknown = await bench.accept({ type: 'express' })
    a.answer = b.answer = () => SILENT
    await delivery().deliver(await bench.envelope('express'))
    assert.deepEqual(await listed(unknown), [
      [1, 'a', 'unknown', 'no answer'],
      [1, 'b', 'unknown', 'no answer'],
    ])
  })

  it('are none where no operator was called, or an operator only throttled', async () => {
    const id = await bench.accept()
    await b.openBreaker()
    a.answer = () => {
      a.pace.readyAt = performance.now() + 600_000
      return { kind: 'throttled', reason: 'HTTP 429', retryAfterMs: null }
    }
    await delivery().deliver(await bench.envelope())
    assert.deepEqual([await listed(id), (await bench.row(id)).attempts], [[], 0])
  })

  it('are told of a result that came too late, though it changes nothing', async () => {
    const id = await bench.accept()
    const envelope = await bench.envelope()
    const [first] = await claimAll(bench.db, [envelope])
    await bench.leaseIsOver(id)
    const [second] = await claimAll(bench.db, [envelope], 'bbbbbbbbbbbbbbbb')
    const [mine, late] = [second?.tasks[0], first?.tasks[0]]
    assert.ok(first && second && mine && late)
    await settleAll(bench.db, [{ inFlight: second.inFlight, settlements: [done(mine, 'b')] }])
    late.calls.push({
      provider: 'a',
      result: 'accepted',
      reason: '',
      routeReason: '',
      startedAtMs: 0,
      durationMs: 9,
    })
    await settleAll(bench.db, [{ inFlight: first.inFlight, settlements: [done(late, 'a')] }])
    assert.deepEqual(await listed(id), [
      [1, 'a', 'accepted', ''],
      [2, '', 'unknown', 'may have been submitted by a process that ended without storing the result'],
    ])
    assert.equal((await bench.row(id)).provider, 'b')
  })

  it('do not keep a settlement from being stored, whatever an operator says', async () => {
    const id = await bench.accept()
    a.answer = b.answer = (batch) => ({
      kind: 'answered',
      results: batch.map(() => ({ kind: 'unavailable', reason: '🚚'.repeat(1_000) })),
    })
    await delivery().deliver(await bench.envelope())
    assert.equal((await bench.row(id)).status, 'pending')
    assert.equal((await listed(id))?.length, 2)
  })

  it('give the reason while the message waits for the next one, and not afterwards', async () => {
    const id = await bench.accept()
    a.answer = saysOfEach('unknown')
    b.answer = saysOfEach('unavailable')
    const { deliver } = delivery()
    await deliver(await bench.envelope())
    const read = () => readMessage(bench.db, { userId: CUSTOMER, smsIdentifier: id })
    const waiting = await read()
    assert.deepEqual(
      [waiting?.status, waiting?.failure, waiting?.isPossibleDuplicate],
      ['FAILED_TEMP', { code: 'not_accepted', detail: 'unavailable: so it says' }, true],
    )
    const recipients = await listRecipients(bench.db, {
      ...{ userId: CUSTOMER, smsIdentifier: id, limit: 10, after: 0 },
    })
    assert.equal(recipients?.recipients[0]?.failure?.detail, 'unavailable: so it says')
    a.answer = accepts
    await deliver(await bench.nextRound())
    const sent = await read()
    assert.deepEqual([sent?.status, sent?.failure, sent?.attempts], ['SENT', null, 2])
  })

  it('are listed page by page, each once, and of another customer never', async () => {
    const id = await bench.accept({ count: 5 })
    a.answer = b.answer = saysOfEach('unavailable')
    const { deliver } = delivery()
    await deliver(await bench.envelope())
    await deliver(await bench.nextRound())
    const whole = (await page(id))?.attempts ?? []
    assert.equal(whole.length, 20)
    const seen: typeof whole = []
    let after: Parameters<typeof listAttempts>[1]['after']
    do {
      const next = await listAttempts(bench.db, { userId: CUSTOMER, smsIdentifier: id, limit: 3, after })
      assert.ok(next)
      seen.push(...next.attempts)
      after = next.nextAfter ?? undefined
    } while (after)
    assert.deepEqual(seen, whole)
    assert.equal(await page(id, CUSTOMER + 1), undefined)
    assert.equal(await page('4711'), undefined)
  })
})
