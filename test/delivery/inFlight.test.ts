import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import { RETRY, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { accepts, testOperator } from './operators.ts'
import type { TestOperator } from './operators.ts'

const CALLS_MAX = 2
const ROOM = 2 * CALLS_MAX
const RECIPIENTS = 10

describe('recipients in flight, at an operator that takes them one by one', () => {
  let bench: Bench
  let operator: TestOperator
  /** Ends the calls under way, the first first. */
  let ends: (() => void)[]
  beforeEach(async () => {
    bench = await openBench()
    ends = []
    operator = testOperator(
      'a',
      async (batch) => {
        await new Promise<void>((resolve) => ends.push(resolve))
        return accepts(batch)
      },
      { batchSizeMax: 1 },
    )
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  const delivery = (stopping?: AbortSignal) =>
    openDelivery(bench.db, [operator], { callsMax: CALLS_MAX, recipientsInFlightMax: ROOM }, stopping)
  const calls = (count: number) => eventually(`${count} calls`, () => operator.calls.length === count)
  const endCalls = async (count: number) => {
    for (let call = 0; call < count; call++) {
      await eventually('a call is under way', () => ends.length > 0)
      ends.shift()?.()
    }
  }
  const statuses = async (id: string) => {
    const rows = await bench.rows(id)
    return Object.fromEntries(
      [...Map.groupBy(rows, ({ status }) => status)].map(([status, { length }]) => [status, length]),
    )
  }

  it('are claimed when their calls are about to begin: the next envelope waits for the last ones before it', async () => {
    const ids = [await bench.accept({ count: RECIPIENTS })]
    const envelopes = [await bench.envelope()]
    ids.push(await bench.accept({ count: RECIPIENTS }))
    envelopes.push(await bench.envelope())
    const [first = '', second = ''] = ids
    const { deliver } = delivery()
    const delivering = Promise.all(envelopes.map((envelope) => deliver(envelope)))
    await calls(CALLS_MAX)
    await endCalls(RECIPIENTS - ROOM)
    await eventually('the first ones are done', async () => (await statuses(first))['done'] === 6)
    assert.deepEqual(await statuses(first), { done: RECIPIENTS - ROOM, sending: ROOM })
    assert.deepEqual(await statuses(second), { pending: RECIPIENTS })
    await endCalls(1)
    await eventually('the next are claimed', async () => (await statuses(second))['sending'] === RECIPIENTS)
    await endCalls(RECIPIENTS + ROOM - 1)
    await delivering
    for (const id of ids) assert.deepEqual(await statuses(id), { done: RECIPIENTS })
    assert.deepEqual(await bench.outbox(), [])
  })

  it('go back to the outbox untried when the process stops before their calls begin', async () => {
    const id = await bench.accept({ count: RECIPIENTS })
    const stopping = new AbortController()
    const { deliver, reported } = delivery(stopping.signal)
    const delivering = deliver(await bench.envelope())
    await calls(CALLS_MAX)
    await bench.published()
    stopping.abort()
    await endCalls(CALLS_MAX)
    await delivering
    assert.equal(operator.calls.length, CALLS_MAX)
    assert.deepEqual(await statuses(id), { done: CALLS_MAX, pending: RECIPIENTS - CALLS_MAX })
    const rows = await bench.rows(id)
    assert.ok(rows.every(({ retrying, possiblySent }) => !retrying && !possiblySent))
    assert.deepEqual(reported.failures, [])
    const [row] = await bench.outbox()
    assert.ok(row && row.dueInMs < 1_000, 'another process may take them')
  })

  it('keep no verdict of one operator when the process stops before the next is asked', async () => {
    const id = await bench.accept()
    const stopping = new AbortController()
    const unavailable = testOperator('a', (batch) => {
      stopping.abort()
      return {
        kind: 'answered',
        results: batch.map(() => ({ kind: 'unavailable' as const, reason: 'busy' })),
      }
    })
    const next = testOperator('b')
    const changes = { retry: { ...RETRY, attemptsMax: 1 } }
    await openDelivery(bench.db, [unavailable, next], changes, stopping.signal).deliver(
      await bench.envelope(),
    )
    assert.deepEqual([unavailable.calls.length, next.calls.length], [1, 0])
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.retrying], ['pending', true])
  })

  it('are none of a process that stops: it claims no further envelope', async () => {
    const id = await bench.accept({ count: RECIPIENTS })
    const { deliver, reported } = delivery(AbortSignal.abort())
    await assert.rejects(deliver(await bench.envelope()), { name: 'AbortError' })
    assert.deepEqual(await statuses(id), { pending: RECIPIENTS })
    assert.deepEqual(reported.failures, [])
  })
})
