import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { pollDue } from '../../src/delivery/polls/pollDue.ts'
import { startPolling } from '../../src/delivery/polls/startPolling.ts'
import type { Operator, QueryAnswer } from '../../src/operators/index.ts'
import { claimPolls } from '../../src/messages/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import { look } from '../support/arrange.ts'
import { SILENT_EVENTS } from '../operators/silentEvents.ts'
import { openReceiptBench } from '../receipts/bench.ts'
import type { ReceiptBench } from '../receipts/bench.ts'
import { eventually } from '../support/eventually.ts'
import { openDelivery } from './bench.ts'
import { accepts, testOperator } from './operators.ts'
import type { TestOperator } from './operators.ts'

const EVERY_MS = 30_000
const FOR_MS = 600_000
const DELIVERED: QueryAnswer = {
  kind: 'taken',
  operatorMessageId: null,
  delivery: { verdict: 'delivered', code: null, cause: null, doneAt: null },
}
const PENDING: QueryAnswer = { kind: 'taken', operatorMessageId: null }

describe('receipts by polling', () => {
  let bench: ReceiptBench
  let polled: TestOperator
  let answers: string[]
  beforeEach(async () => {
    bench = await openReceiptBench()
    polled = Object.assign(testOperator('a'), { receiptPoll: { everyMs: EVERY_MS, forMs: FOR_MS } })
    polled.knows = () => PENDING
    answers = []
  })
  afterEach(() => bench.close())

  const deliver = async (operator: Operator, count = 1): Promise<string> => {
    const id = await bench.delivery.accept({ count })
    await openDelivery(bench.db, [operator]).deliver(await bench.delivery.envelope())
    return id
  }
  const context = () => {
    return {
      ...{ db: bench.db, operatorEvents: SILENT_EVENTS },
      store: ({ operator, raw }: { operator: string; raw: Uint8Array }) =>
        bench.receiveRaw(operator, Buffer.from(raw).toString()),
      events: { polled: ({ answer }: { answer: string }) => void answers.push(answer), pollFailed: () => {} },
    }
  }
  const poll = (operatorOf: (name: string) => Operator | undefined = () => polled) =>
    pollDue({ ...context(), operatorOf })
  const rows = () =>
    look(
      bench.db,
      sql<{ operator: string; asked: number; in_ms: number; ends_in_ms: number }>`SELECT operator, asked,
        ROUND(TIMESTAMPDIFF(MICROSECOND, NOW(3), next_at) / 1000, -4) AS in_ms,
        ROUND(TIMESTAMPDIFF(MICROSECOND, NOW(3), ends_at) / 1000, -4) AS ends_in_ms
        FROM receipt_polls ORDER BY recipient_no`,
    )
  const makeDue = () => bench.change(sql`UPDATE receipt_polls SET next_at = NOW(3)`)

  it('begin with the hand-over, and for operators that are asked alone', async () => {
    await deliver(testOperator('b'))
    assert.deepEqual(await rows(), [])
    await deliver(polled, 2)
    assert.deepEqual(
      (await rows()).map(({ in_ms, ends_in_ms, ...row }) => ({
        ...{ ...row, in_ms: Number(in_ms), ends_in_ms: Number(ends_in_ms) },
      })),
      [1, 2].map(() => ({ operator: 'a', asked: 0, in_ms: EVERY_MS, ends_in_ms: FOR_MS })),
    )
    await poll()
    assert.deepEqual(answers, [], 'none is due')
  })

  it('ask in batches once they are due, and wait for twice as long each time', async () => {
    await deliver(polled, 3)
    await makeDue()
    await poll()
    assert.equal(polled.questions.length, 1)
    assert.deepEqual(answers, ['pending', 'pending', 'pending'])
    assert.deepEqual(
      (await rows()).map(({ asked, in_ms }) => [asked, Number(in_ms)]),
      [1, 2, 3].map(() => [1, 2 * EVERY_MS]),
    )
    await makeDue()
    await poll()
    assert.deepEqual(
      (await rows()).map(({ asked, in_ms }) => [asked, Number(in_ms)]),
      [1, 2, 3].map(() => [2, 4 * EVERY_MS]),
    )
  })

  it('ask an operator of both classes as normal messages do, so that express keeps its pace', async () => {
    const ofExpress = testOperator('a')
    ofExpress.knows = () => PENDING
    await deliver(polled)
    await makeDue()
    const operatorsOf = (type: string) => [type === 'normal' ? polled : ofExpress]
    const polling = startPolling({ ...context(), operatorsOf })
    await eventually('it was asked', () => answers.length > 0)
    await polling.close()
    assert.deepEqual([polled.questions.length, ofExpress.questions.length], [1, 0])
  })

  it('leave most connections of an operator to messages while its answers hang, and end when the process stops', async () => {
    const few = Object.assign(testOperator('a', accepts, { batchSizeMax: 1 }), {
      receiptPoll: { everyMs: EVERY_MS, forMs: FOR_MS },
    })
    Object.assign(few.adapter, { callsInFlightMax: 8 })
    const answer = Promise.withResolvers<QueryAnswer>()
    few.knows = () => answer.promise
    await deliver(few, 5)
    await makeDue()
    const stopping = new AbortController()
    const round = pollDue({ ...context(), operatorOf: () => few }, stopping.signal)
    await eventually('two are asked', () => few.questions.length === 2)
    stopping.abort()
    answer.resolve(PENDING)
    await round
    assert.equal(few.questions.length, 2)
    assert.deepEqual(answers.toSorted(), ['not_asked', 'not_asked', 'not_asked', 'pending', 'pending'])
    const later = (await rows()).map(({ asked, in_ms }) => [asked, Number(in_ms)])
    assert.deepEqual(later.toSorted(), [
      ...[0, 0, 0].map((asked) => [asked, 0]),
      ...[1, 1].map((asked) => [asked, 2 * EVERY_MS]),
    ])
  })

  it('do not end without the last question when a round has no time for it', async () => {
    await deliver(polled)
    await bench.change(sql`UPDATE receipt_polls SET next_at = NOW(3), ends_at = NOW(3)`)
    await pollDue({ ...context(), operatorOf: () => polled }, AbortSignal.abort())
    assert.equal(polled.questions.length, 0)
    await poll()
    assert.deepEqual([answers, polled.questions.length], [['not_asked', 'pending'], 1])
  })

  it('keep what is asked for the last time until it was', async () => {
    await deliver(polled)
    polled.knows = async () => {
      await poll(() => undefined)
      return PENDING
    }
    await bench.change(sql`UPDATE receipt_polls SET next_at = NOW(3), ends_at = NOW(3) - INTERVAL 1 HOUR`)
    await bench.change(sql`UPDATE receipt_polls SET next_at = ends_at`)
    await poll()
    assert.deepEqual(answers, ['pending'])
    assert.equal((await rows()).length, 1)
  })

  it('give a message its delivery status as a receipt does, and end with that', async () => {
    const id = await deliver(polled, 2)
    polled.knows = ({ reference }) => (reference.endsWith(':1') ? DELIVERED : PENDING)
    await makeDue()
    await poll()
    await bench.apply()
    assert.deepEqual(answers, ['delivered', 'pending'])
    assert.equal((await bench.of(`${id}:1`)).delivery, 'delivered')
    assert.equal((await bench.of(`${id}:2`)).delivery, null)
    assert.deepEqual(await bench.recorded(`${id}:1`), ['applied'])
    assert.equal((await rows()).length, 1)
  })

  it('say why a message was not delivered', async () => {
    bench.configure('a', { causes: { '27': 'absent_subscriber' }, onePerMessage: true })
    polled.knows = () => ({
      ...{ kind: 'taken', operatorMessageId: null },
      delivery: { verdict: 'undelivered', code: '27', cause: null, doneAt: null },
    })
    const id = await deliver(polled)
    await makeDue()
    await poll()
    await bench.apply()
    const { delivery, reason } = await bench.of(`${id}:1`)
    assert.deepEqual([delivery, reason], ['undelivered', 'absent_subscriber: 27'])
  })

  it('are each asked by one process of several', async () => {
    await deliver(polled, 20)
    await makeDue()
    await Promise.all([poll(), poll(), poll()])
    assert.equal(polled.questions.flat().length, 20)
  })

  it('are passed over while another process claims them', async () => {
    await deliver(polled, 2)
    await makeDue()
    await transact(bench.db, 'test.claim', async (tx) => {
      assert.equal((await claimPolls(tx, 500)).due.length, 2)
      await poll()
    })
    assert.deepEqual(answers, [])
  })

  it('are asked again by another process when theirs died before it stored the answer', async () => {
    const id = await deliver(polled)
    polled.knows = () => DELIVERED
    await makeDue()
    await assert.rejects(
      pollDue({
        ...{ db: bench.db, operatorOf: () => polled, operatorEvents: SILENT_EVENTS },
        store: () => Promise.reject(new Error('it died')),
        events: { polled: () => {}, pollFailed: () => {} },
      }),
      /it died/,
    )
    assert.equal((await rows()).length, 1)
    await makeDue()
    await poll()
    await bench.apply()
    assert.equal((await bench.of(`${id}:1`)).delivery, 'delivered')
  })

  it('wait for an operator that is not called at the moment', async () => {
    await deliver(polled)
    await makeDue()
    await poll(() => undefined)
    await polled.openBreaker()
    await makeDue()
    await poll()
    assert.deepEqual(answers, ['not_asked', 'not_asked'])
    assert.equal((await rows()).length, 1)
  })

  it('end when their time is over, after a last question', async () => {
    await deliver(polled)
    await bench.change(sql`UPDATE receipt_polls SET next_at = NOW(3), ends_at = NOW(3)`)
    await poll()
    assert.deepEqual(answers, ['pending'])
    await bench.change(sql`UPDATE receipt_polls SET next_at = NOW(3), ends_at = NOW(3) - INTERVAL 1 SECOND`)
    await poll()
    assert.deepEqual(answers, ['pending', 'ended'])
    assert.deepEqual([await rows(), polled.questions.length], [[], 1])
  })
})
