import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { InFlight, Settled, Settlement, Task } from '../../src/delivery/index.ts'
import { read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { eventually } from '../support/eventually.ts'
import { breakable } from './breakable.ts'
import { CUSTOMER, DEPOSIT, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { observed } from './observed.ts'
import { accepts, saysOfEach, testOperator } from './operators.ts'
import { claimAll, done, failed, released, settleAll } from './settlements.ts'

const OWNER = '00112233445566aa'
const OTHER = 'ffeeddccbbaa9988'

/** One settlement in a transaction of its own. */
async function settle(db: Db, inFlight: InFlight, settlements: Settlement[]): Promise<Settled> {
  const [settled] = await settleAll(db, [{ inFlight, settlements }])
  assert.ok(settled)
  return settled
}

describe('a settlement', () => {
  let bench: Bench
  beforeEach(async () => (bench = await openBench()))
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  /** Claims an envelope of one request as a consumer would, so that the test can settle it step by step. */
  const claimed = async (count: number): Promise<{ id: string; tasks: Task[]; inFlight: InFlight }> => {
    const id = await bench.accept({ count })
    const [claim] = await claimAll(bench.db, [await bench.envelope()], OWNER)
    assert.ok(claim)
    return { id, tasks: claim.tasks, inFlight: claim.inFlight }
  }

  it('refunds each failed recipient once when it runs twice at the same time', async () => {
    const { id, tasks, inFlight } = await claimed(10)
    await Promise.all([1, 2, 3, 4].map(() => settle(bench.patient(), inFlight, tasks.map(failed))))
    assert.equal((await bench.refunds()).length, 10)
    assert.equal(await bench.balance(), DEPOSIT)
    assert.ok((await bench.rows(id)).every(({ status }) => status === 'failed'))
  })

  it('that is repeated recognises its own work: the same result, no second refund, nothing stale', async () => {
    const { tasks, inFlight } = await claimed(3)
    const [one, two, three] = tasks as [Task, Task, Task]
    const settlements = [done(one), failed(two), released(three)]
    await settle(bench.db, inFlight, settlements)
    const before = await bench.outbox()
    const again = await settle(bench.db, inFlight, settlements)
    assert.deepEqual(again, { settled: settlements, stale: [], blocked: [] })
    assert.deepEqual(
      (await bench.refunds()).map(({ no }) => no),
      [2],
    )
    assert.deepEqual([before.length, (await bench.outbox()).length], [1, 1])
  })

  it('commits the refund and the failure together or not at all', async () => {
    const { id, tasks, inFlight } = await claimed(2)
    await read(bench.db, 'test.break', (reader) =>
      sql`UPDATE user_balances SET user_id = ${CUSTOMER + 1}`.execute(reader),
    )
    await assert.rejects(settle(bench.db, inFlight, tasks.map(failed)), /no locked balance/)
    assert.ok((await bench.rows(id)).every(({ status }) => status === 'sending'))
    assert.equal((await bench.outbox()).length, 1)
    await read(bench.db, 'test.mend', (reader) =>
      sql`UPDATE user_balances SET user_id = ${CUSTOMER}`.execute(reader),
    )
    await settle(bench.db, inFlight, tasks.map(failed))
    assert.equal(await bench.balance(), DEPOSIT)
  })

  it('of a part leaves the outbox row; that of the last recipient removes it', async () => {
    const { tasks, inFlight } = await claimed(5)
    for (const task of tasks.slice(0, 4)) {
      await settle(bench.db, inFlight, [done(task)])
      assert.equal((await bench.outbox()).length, 1)
    }
    await settle(bench.db, inFlight, tasks.slice(4).map(failed))
    assert.deepEqual(await bench.outbox(), [])
  })

  it('gives released recipients a row of their own for each request, due when each says', async () => {
    const { id, tasks, inFlight } = await claimed(5)
    const [one, two, three, four, five] = tasks as [Task, Task, Task, Task, Task]
    await settle(bench.db, inFlight, [
      released(one),
      done(two),
      released(three),
      released(four, { retryInMs: 2_000 }),
      failed(five),
    ])
    const rows = (await bench.outbox()).toSorted((a, b) => a.dueInMs - b.dueInMs)
    assert.deepEqual(
      rows.map(({ names, lastError, delayMs }) => [names, lastError, delayMs]),
      [
        [[`${id}:1-1`, `${id}:3-3`], 'HTTP 503', 500],
        [[`${id}:4-4`], 'HTTP 503', 2_000],
      ],
    )
  })

  it('lets the row of a run that goes on come due after those of its released recipients', async () => {
    const { id, tasks, inFlight } = await claimed(2)
    const [one, two] = tasks as [Task, Task]
    await settle(bench.db, inFlight, [released(one)])
    const [retry, own] = (await bench.outbox()).toSorted((a, b) => a.dueInMs - b.dueInMs)
    assert.deepEqual([retry?.names, own?.names], [[`${id}:1-1`], [`${id}:1-2`]])
    assert.ok(own && own.dueInMs > 50_000)
    await settle(bench.db, inFlight, [done(two)])
    assert.deepEqual(
      (await bench.outbox()).map(({ names }) => names),
      [[`${id}:1-1`]],
    )
  })

  it('may run beside others of the same run: none is lost, and the row goes with the last or after it', async () => {
    for (let round = 0; round < 5; round++) {
      const { id, tasks, inFlight } = await claimed(12)
      const settled = await Promise.all(
        tasks.map((task) =>
          settle(bench.patient(), inFlight, [task.recipientNo % 3 === 0 ? failed(task) : done(task)]),
        ),
      )
      assert.equal(settled.flatMap((each) => each.settled).length, 12)
      if (!inFlight.isFinished) await settle(bench.db, inFlight, [])
      assert.deepEqual(await bench.outbox(), [], `round ${round}`)
      const rows = await bench.rows(id)
      assert.equal(rows.filter(({ status }) => status === 'done').length, 8)
    }
    assert.equal((await bench.refunds()).length, 20)
  })

  it('changes nothing for a recipient that another owner took over, and everything for its neighbours', async () => {
    const { id, tasks, inFlight } = await claimed(3)
    await bench.leaseIsOver(id, 3)
    await claimAll(bench.db, [inFlight.envelope], OTHER)
    const { settled, stale } = await settle(bench.db, inFlight, tasks.map(failed))
    assert.deepEqual(
      [settled, stale].map((each) => each.map(({ task }) => task.recipientNo)),
      [[1, 2], [3]],
    )
    assert.deepEqual(
      (await bench.rows(id)).map(({ status }) => status),
      ['failed', 'failed', 'sending'],
    )
    assert.equal((await bench.refunds()).length, 2)
    assert.deepEqual(
      (await bench.outbox()).map(({ names }) => names),
      [[`${id}:3-3`]],
    )
  })

  it('leaves a row for what another owner took over, though its own results arrive one after the other', async () => {
    const { id, tasks, inFlight } = await claimed(2)
    const [one, two] = tasks as [Task, Task]
    await bench.leaseIsOver(id)
    await claimAll(bench.db, [inFlight.envelope], OTHER)
    const { stale } = await settle(bench.db, inFlight, [failed(two)])
    assert.equal(stale.length, 1)
    // A late acceptance, and the last result of this run.
    await settle(bench.db, inFlight, [done(one)])
    assert.deepEqual(
      (await bench.outbox()).map(({ names }) => names),
      [[`${id}:2-2`]],
    )
  })

  it('keeps the row when a renewal finds another owner while the settlement is written', async () => {
    const { id, tasks, inFlight } = await claimed(2)
    const [one, two] = tasks as [Task, Task]
    await bench.leaseIsOver(id, 2)
    await claimAll(bench.db, [inFlight.envelope], OTHER)
    let reads = 0
    const renewedMeanwhile: InFlight = Object.defineProperty({ ...inFlight }, 'hasOthers', {
      get() {
        queueMicrotask(() => inFlight.unsettled.delete(two.reference))
        return reads++ > 0
      },
    })
    await settle(bench.db, renewedMeanwhile, [done(one)])
    const names = (await bench.outbox()).flatMap(({ names }) => names)
    assert.ok(
      names.some((name) => name.endsWith('-2')),
      `the second recipient is named: ${names.join()}`,
    )
  })

  it('by a late acceptance ends what another owner has or released, and nothing that is finished', async () => {
    const { id, tasks, inFlight } = await claimed(4)
    await bench.leaseIsOver(id)
    const [taken] = await claimAll(bench.db, [inFlight.envelope], OTHER)
    assert.ok(taken)
    const [, second, third, fourth] = taken.tasks as [Task, Task, Task, Task]
    await settle(bench.db, taken.inFlight, [released(second), failed(third)])
    await quarantineNow(taken.inFlight, fourth)
    const { settled, stale } = await settle(
      bench.db,
      inFlight,
      tasks.map((task) => done(task, 'late')),
    )
    assert.deepEqual(
      [settled, stale].map((each) => each.map(({ task }) => task.recipientNo)),
      [[1, 2, 4], [3]],
    )
    assert.deepEqual(
      (await bench.rows(id)).map(({ status, provider }) => [status, provider]),
      [
        ['done', 'late'],
        ['done', 'late'],
        ['failed', 'a'],
        ['done', 'late'],
      ],
    )
    assert.deepEqual(await bench.quarantined(), [])
    assert.equal((await bench.refunds()).length, 1)
  })

  const quarantineNow = (inFlight: InFlight, task: Task) =>
    settle(bench.db, inFlight, [{ kind: 'quarantined', task, cause: 'result_refused', reason: 'refused' }])

  it('waits for an unavailable database, and is written once when that is back', async () => {
    const id = await bench.accept({ count: 2 })
    const breaking = breakable(bench.db)
    const a = testOperator('a', (batch) => {
      breaking.breakDown()
      return saysOfEach('rejected')(batch)
    })
    const { deliver, reported } = openDelivery(breaking.db, [a])
    const delivering = deliver(await bench.envelope())
    await eventually('the settlement meets a broken database, twice', () => reported.failures.length >= 2)
    assert.ok((await bench.rows(id)).every(({ status }) => status === 'sending'))
    breaking.mend()
    await delivering
    assert.deepEqual([reported.settled, a.calls.length], [['failed', 'failed'], 1])
    assert.ok(reported.failures.every((step) => step === 'settle'))
    assert.equal((await bench.refunds()).length, 2)
    assert.deepEqual(await bench.outbox(), [])
  })

  it('comes before any new claim after an outage of the database', async () => {
    await bench.accept()
    const first = await bench.envelope()
    const second = await bench.accept()
    const next = await bench.envelope()
    const breaking = breakable(bench.db)
    const { db, operations } = observed(breaking.db)
    const a = testOperator('a', (batch) => {
      if (a.calls.length === 1) breaking.breakDown()
      return accepts(batch)
    })
    const { deliver, reported } = openDelivery(db, [a])
    const delivering = [deliver(first)]
    await eventually('the settlement is retried', () => reported.failures.length > 0)
    delivering.push(deliver(next))
    breaking.mend()
    await Promise.all(delivering)
    assert.equal((await bench.row(second)).status, 'done')
    assert.deepEqual(
      operations.filter((operation) => !operation.endsWith('failed')),
      ['delivery.claim', 'delivery.settle', 'delivery.claim', 'delivery.settle'],
    )
    assert.equal(operations.filter((operation) => operation === 'delivery.claim failed').length, 0)
  })

  it('does not wait for the failover of others: what is decided is stored while the next operator is asked', async () => {
    const id = await bench.accept({ count: 2 })
    const firstAlone = testOperator('a', (batch) => ({
      kind: 'answered',
      results: batch.map(({ reference }, at) =>
        at === 0
          ? { kind: 'accepted', operatorMessageId: reference }
          : { kind: 'unavailable', reason: 'not now' },
      ),
    }))
    const b = testOperator('b', async (batch) => {
      await eventually('the first is done', async () => (await bench.rows(id))[0]?.status === 'done')
      return accepts(batch)
    })
    await openDelivery(bench.db, [firstAlone, b]).deliver(await bench.envelope())
    assert.deepEqual(
      (await bench.rows(id)).map(({ provider }) => provider),
      ['a', 'b'],
    )
  })
})
