import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { CallResult, QueryAnswer } from '../../src/operators/contract.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import { look } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { manualTimers } from '../support/manualTimers.ts'
import type { ManualTimers } from '../support/manualTimers.ts'
import { openBench, openDelivery } from './bench.ts'
import type { Bench, Request } from './bench.ts'
import { accepts, saysOfEach, slowOperator, testOperator, UNAVAILABLE } from './operators.ts'
import type { SlowOperator, TestOperator } from './operators.ts'

/** So long that no slow machine takes it for missed. */
const WITHIN_MS = 3_600_000
/** So short that an operator is soon known to be slow. */
const SHORT_MS = 200

describe('hedging: an express message whose operator has not answered in time', () => {
  let bench: Bench
  let timers: ManualTimers
  let a: SlowOperator
  beforeEach(async () => {
    bench = await openBench()
    timers = manualTimers()
    a = slowOperator('a')
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  const accept = (request: Request = {}) =>
    bench.accept({ type: 'express', hedge: true, guaranteedWithinMs: WITHIN_MS, onUnknown: null, ...request })

  /** Delivers until operator a has the message and does not answer. */
  async function waiting(b: TestOperator, request: Request = {}) {
    const id = await accept(request)
    const { deliver, reported } = openDelivery(bench.db, [a, b], { hedgeAfter: timers.after })
    const delivered = deliver(await bench.envelope('express'))
    await eventually('the first operator is called', () => a.calls.length === 1)
    return { id, delivered, reported }
  }

  const attempts = (id: string) =>
    look(
      bench.db,
      sql<{ provider: string; result: string; is_hedge: number }>`SELECT provider, result, is_hedge
        FROM delivery_attempts WHERE sms_identifier = ${identifierToBytes(id)} ORDER BY call_no`,
    )

  const attemptsOfAll = async () =>
    (await look(bench.db, sql<{ n: number }>`SELECT COUNT(*) AS n FROM delivery_attempts`))[0]?.n

  it('goes to the next operator too, marked before it is sent, and that settles it', async () => {
    let marked: boolean | undefined
    const b = testOperator('b', async (batch) => {
      marked = (await bench.row(String(batch[0]?.reference.split(':')[0]))).possibleDuplicate
      return accepts(batch)
    })
    const { id, delivered, reported } = await waiting(b)
    // Acceptance and guarantee were read some milliseconds apart.
    assert.deepEqual(
      timers.waits().map((ms) => Math.round(ms / 60_000)),
      [WITHIN_MS / 4 / 60_000],
    )
    timers.fire()
    await delivered
    const { status, provider, possibleDuplicate } = await bench.row(id)
    assert.deepEqual([status, provider, possibleDuplicate, marked], ['done', 'b', true, true])
    assert.deepEqual(a.calls, b.calls)
    assert.deepEqual(reported.hedges, { sent: 1, won: 1 })
    a.answerWith(accepts)
    await eventually('the late acceptance is stored', async () => (await attempts(id)).length === 2)
    assert.deepEqual(await attempts(id), [
      { provider: 'b', result: 'accepted', is_hedge: 1 },
      { provider: 'a', result: 'accepted', is_hedge: 0 },
    ])
    assert.equal((await bench.row(id)).provider, 'b')
    assert.deepEqual(reported.hedges, { sent: 1, won: 1, twice: 1 })
  })

  it('is settled by the first operator when that accepts while the second one is called', async () => {
    const b = slowOperator('b')
    const { id, delivered } = await waiting(b)
    timers.fire()
    await eventually('the second operator is called', () => b.calls.length === 1)
    a.answerWith(accepts)
    await delivered
    assert.equal((await bench.row(id)).provider, 'a')
    b.answerWith(saysOfEach('rejected'))
    await eventually('both attempts are stored', async () => (await attempts(id)).length === 2)
    assert.equal((await bench.row(id)).status, 'done')
  })

  it('fails when both reject it, and not before', async () => {
    const b = testOperator('b', saysOfEach('rejected'))
    const { id, delivered, reported } = await waiting(b)
    timers.fire()
    await eventually('the second operator is called', () => b.calls.length === 1)
    assert.equal((await bench.row(id)).status, 'sending')
    a.answerWith(saysOfEach('rejected'))
    await delivered
    assert.deepEqual([(await bench.row(id)).status, reported.settled], ['failed', ['failed']])
    assert.equal((await bench.refunds()).length, 1)
  })

  it('is done when one rejects it and the other accepts it', async () => {
    const b = testOperator('b', saysOfEach('rejected'))
    const { id, delivered } = await waiting(b)
    timers.fire()
    await eventually('the second operator is called', () => b.calls.length === 1)
    a.answerWith(accepts)
    await delivered
    assert.deepEqual([(await bench.row(id)).status, await bench.refunds()], ['done', []])
  })

  for (const { title, knows, ends } of [
    { title: 'and has it', knows: { kind: 'taken', operatorMessageId: 'x' }, ends: ['done', 0] },
    { title: 'and does not have it', knows: { kind: 'not_taken' }, ends: ['failed', 1] },
  ] satisfies { title: string; knows: QueryAnswer; ends: [string, number] }[]) {
    it(`waits for the second one when the first rejects it and the second does not answer, is asked ${title}`, async () => {
      const b = testOperator('b', saysOfEach('unknown'))
      b.knows = () => knows
      const { id, delivered } = await waiting(b)
      timers.fire()
      await eventually('the second operator is called', () => b.calls.length === 1)
      a.answerWith(saysOfEach('rejected'))
      await delivered
      assert.deepEqual([(await bench.row(id)).status, (await bench.refunds()).length], ends)
    })

    it(`waits for the first one when the second rejects it and the first does not answer, is asked ${title}`, async () => {
      const b = testOperator('b', saysOfEach('rejected'))
      a.knows = () => knows
      const { id, delivered } = await waiting(b)
      timers.fire()
      await eventually('the second operator is called', () => b.calls.length === 1)
      a.answerWith(saysOfEach('unknown'))
      await delivered
      assert.deepEqual([(await bench.row(id)).status, (await bench.refunds()).length], ends)
    })
  }

  it('is submitted to two operators at most when neither says whether it took it', async () => {
    const b = testOperator('b', saysOfEach('unknown'))
    const c = testOperator('c')
    const id = await accept()
    const { deliver } = openDelivery(bench.db, [a, b, c], { hedgeAfter: timers.after })
    const delivered = deliver(await bench.envelope('express'))
    await eventually('the first operator is called', () => a.calls.length === 1)
    timers.fire()
    await eventually('the second operator is called', () => b.calls.length === 1)
    a.answerWith(saysOfEach('unknown'))
    await delivered
    const { status, possiblySent } = await bench.row(id)
    assert.deepEqual([status, possiblySent, c.calls.length], ['failed', true, 0])
  })

  it('goes on to a third operator when neither takes it', async () => {
    const b = testOperator('b', () => UNAVAILABLE)
    const c = testOperator('c')
    const id = await accept()
    const { deliver } = openDelivery(bench.db, [a, b, c], { hedgeAfter: timers.after })
    const delivered = deliver(await bench.envelope('express'))
    await eventually('the first operator is called', () => a.calls.length === 1)
    timers.fire()
    await eventually('the second operator is called', () => b.calls.length === 1)
    a.answerWith(() => UNAVAILABLE)
    await delivered
    assert.deepEqual([(await bench.row(id)).provider, b.calls.length, c.calls.length], ['c', 1, 1])
  })

  for (const [why, request] of Object.entries({
    'its customer did not opt in': { hedge: false },
    'it must not be sent again while an operator may have it': { onUnknown: 'hold' },
    'it is normal': { type: 'normal' },
  } satisfies Record<string, Request>))
    it(`is not sent to a second one when ${why}`, async () => {
      const type = 'type' in request ? request.type : 'express'
      const id = await accept(request)
      const { deliver } = openDelivery(bench.db, [a, testOperator('b')], { hedgeAfter: timers.after })
      const delivered = deliver(await bench.envelope(type))
      await eventually('the first operator is called', () => a.calls.length === 1)
      assert.deepEqual(timers.waits(), [])
      a.answerWith(accepts)
      await delivered
      assert.deepEqual([(await bench.row(id)).possibleDuplicate, await attempts(id)], [false, []])
    })

  it('waits for the first one when no other admits a call, and costs nothing then', async () => {
    const b = testOperator('b')
    await b.openBreaker()
    const { id, delivered, reported } = await waiting(b)
    timers.fire()
    a.answerWith(accepts)
    await delivered
    assert.deepEqual(reported.withheld, ['no_operator'])
    assert.equal((await bench.row(id)).possibleDuplicate, false)
  })

  it('goes to the second one as soon as that admits a call, when it does not at first', async () => {
    const b = testOperator('b')
    b.pace.readyAt = Infinity
    const { id, delivered, reported } = await waiting(b)
    timers.fire()
    assert.deepEqual(b.calls, [])
    b.pace.readyAt = 0
    timers.fire()
    await delivered
    assert.deepEqual([(await bench.row(id)).provider, reported.withheld], ['b', []])
    a.answerWith(accepts)
    await eventually('the late acceptance is stored', async () => (await attempts(id)).length === 2)
  })

  it('is not kept waiting by others that were hedged and whose first operator hangs', async () => {
    const b = testOperator('b')
    const { deliver } = openDelivery(bench.db, [a, b], { hedgeAfter: timers.after, callsMax: 1 })
    for (const calls of [1, 2, 3]) {
      const id = await accept()
      const delivered = deliver(await bench.envelope('express'))
      await eventually('the first operator is called', () => a.calls.length === calls)
      timers.fire()
      await delivered
      assert.equal((await bench.row(id)).provider, 'b')
    }
    a.answerWith(accepts)
    await eventually('all acceptances are stored', async () => (await attemptsOfAll()) === 6)
  })

  it('goes to the second one alone when the first has become slow while it waited for its turn', async () => {
    const quick = testOperator('a')
    const b = testOperator('b')
    const settings = { hedgeAfter: timers.after, callsMax: 2 }
    const { deliver } = openDelivery(bench.db, [quick, b], settings)
    const begin = async () => {
      const id = await accept({ guaranteedWithinMs: SHORT_MS })
      return { id, delivered: deliver(await bench.envelope('express')) }
    }
    for (let n = 0; n < 18; n++) await (await begin()).delivered
    const answer = Promise.withResolvers<CallResult>()
    quick.answer = () => answer.promise
    const hanging = [await begin(), await begin()]
    await eventually('two calls hang', () => quick.calls.length === 20)
    const waiting = await begin()
    const hungAtMs = performance.now()
    await eventually('that is longer than it may take', () => performance.now() > hungAtMs + SHORT_MS)
    for (let n = 0; n < 2; n++) timers.fire()
    await Promise.all([...hanging, waiting].map(({ delivered }) => delivered))
    const { provider, possibleDuplicate } = await bench.row(waiting.id)
    assert.deepEqual([provider, possibleDuplicate, quick.calls.length], ['b', false, 20])
    answer.resolve({ kind: 'answered', results: [{ kind: 'accepted', operatorMessageId: 'late' }] })
    await eventually('all attempts are stored', async () => (await attemptsOfAll()) === 4)
  })
})
