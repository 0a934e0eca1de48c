import assert from 'node:assert/strict'
import { openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { answers, testOperator } from './operators.ts'

describe('a mixed answer', () => {
  let bench: Bench
  before(async () => (bench = await openBench()))
  after(() => bench.close())

  it('ends each message by its own verdict, and only those without one go on', async () => {
    const id = await bench.accept({ count: 4 })
    const kinds = ['accepted', 'rejected', 'unavailable', 'unknown'] as const
    const a = testOperator('a', (batch) =>
      answers(batch, ({ reference }) => {
        const kind = kinds[Number(reference.split(':')[1]) - 1] ?? 'unknown'
        return kind === 'accepted' ? { kind, providerMessageId: reference } : { kind, reason: kind }
      }),
    )
    const b = testOperator('b')
    const { deliver, reported } = openDelivery(bench.db, [a, b])
    await deliver(await bench.envelope())
    assert.deepEqual(
      (await bench.rows(id)).map(({ status, provider, possiblySent }) => [status, provider, possiblySent]),
      [
        ['done', 'a', false],
        ['failed', 'a', false],
        ['done', 'b', false],
        ['done', 'b', true],
      ],
    )
    assert.deepEqual(
      [a, b].map(({ calls }) =>
        calls.map((call) => call.map((reference) => Number(reference.split(':')[1]))),
      ),
      [[[1, 2, 3, 4], [4]], [[3, 4]]],
    )
    assert.deepEqual(reported.settled.toSorted(), ['done', 'done', 'done', 'failed'])
    assert.deepEqual(
      (await bench.refunds()).map(({ no }) => no),
      [2],
    )
    assert.deepEqual(await bench.outbox(), [])
    await bench.assertBooksBalance()
  })
})
