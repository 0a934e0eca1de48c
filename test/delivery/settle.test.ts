import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { claimEnvelopes, settle as settleAll } from '../../src/delivery/index.ts'
import type { Settlement, InFlight, Settled, Task } from '../../src/delivery/index.ts'
import { read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { eventually } from '../support/eventually.ts'
import { breakable } from './breakable.ts'
import { CUSTOMER, DEPOSIT, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { accepts, answers, saysOfEach, testOperator } from './operators.ts'

const OWNER = '00112233445566aa'

/** One settlement in a transaction of its own. */
async function settle(db: Db, inFlight: InFlight, endings: Settlement[]): Promise<Settled> {
  const [settled] = await settleAll(db, [{ inFlight, endings }])
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
    const [claim] = await claimEnvelopes(bench.db, [await bench.envelope()], OWNER)
    assert.ok(claim)
    return { id, tasks: claim.tasks, inFlight: claim.inFlight }
  }
  const done = (task: Task): Settlement => ({
    kind: 'done',
    task,
    provider: 'a',
    providerMessageId: task.reference,
  })
  const failed = (task: Task): Settlement => ({
    kind: 'failed',
    task,
    provider: 'a',
    reason: 'no such number',
  })
  const released = (task: Task): Settlement => ({ kind: 'released', task, tried: true, reason: 'away' })

  it('refunds each failed recipient once when it runs twice at the same time', async () => {
    const { id, tasks, inFlight } = await claimed(10)
    await Promise.all([1, 2, 3, 4].map(() => settle(bench.db, inFlight, tasks.map(failed))))
    assert.equal((await bench.refunds()).length, 10)
    assert.equal(await bench.balance(), DEPOSIT)
    assert.ok((await bench.rows(id)).every(({ status }) => status === 'failed'))
  })

  it('that is repeated recognises its own work: the same endings, no second refund, nothing late', async () => {
    const { tasks, inFlight } = await claimed(3)
    const [one, two, three] = tasks as [Task, Task, Task]
    const endings = [done(one), failed(two), released(three)]
    await settle(bench.db, inFlight, endings)
    const [before] = await bench.outbox()
    const again = await settle(bench.db, inFlight, endings)
    assert.deepEqual(again, { endings, late: [], held: [] })
    assert.deepEqual(
      (await bench.refunds()).map(({ no }) => no),
      [2],
    )
    assert.equal((await bench.outbox())[0]?.attempts, before?.attempts, 'the back-off counts one round')
  })

  it('commits the refund and the failure together or not at all', async () => {
    const { id, tasks, inFlight } = await claimed(2)
    await read(bench.db, 'test.break', (reader) =>
      sql`UPDATE user_balances SET user_id = ${CUSTOMER + 1}`.execute(reader),
    )
    await assert.rejects(settle(bench.db, inFlight, tasks.map(failed)), /has no balance/)
    assert.ok((await bench.rows(id)).every(({ status }) => status === 'sending'))
    assert.equal((await bench.outbox()).length, 1)
    await read(bench.db, 'test.mend', (reader) =>
      sql`UPDATE user_balances SET user_id = ${CUSTOMER}`.execute(reader),
    )
    await settle(bench.db, inFlight, tasks.map(failed))
    assert.equal(await bench.balance(), DEPOSIT)
  })

  it('of a part leaves the outbox row; that of the last recipient takes it away', async () => {
    const { tasks, inFlight } = await claimed(5)
    for (const task of tasks.slice(0, 4)) {
      await settle(bench.db, inFlight, [done(task)])
      assert.equal((await bench.outbox()).length, 1)
    }
    await settle(bench.db, inFlight, tasks.slice(4).map(failed))
    assert.deepEqual(await bench.outbox(), [])
  })

  it('of a released recipient keeps the row, whatever ended beside it', async () => {
    const { tasks, inFlight } = await claimed(3)
    const [one, two, three] = tasks as [Task, Task, Task]
    await settle(bench.db, inFlight, [done(one), released(two)])
    await settle(bench.db, inFlight, [done(three)])
    const [waiting] = await bench.outbox()
    assert.deepEqual([waiting?.attempts, waiting?.lastError], [1, 'away'])
  })

  it('may run beside others of the same envelope: none is lost, and the last takes the row away', async () => {
    for (let round = 0; round < 5; round++) {
      const { id, tasks, inFlight } = await claimed(12)
      const settled = await Promise.all(
        tasks.map((task) =>
          settle(bench.db, inFlight, [task.recipientNo % 3 === 0 ? failed(task) : done(task)]),
        ),
      )
      assert.equal(settled.flatMap(({ endings }) => endings).length, 12)
      assert.deepEqual(await bench.outbox(), [], `round ${round}`)
      const rows = await bench.rows(id)
      assert.equal(rows.filter(({ status }) => status === 'done').length, 8)
    }
    assert.equal((await bench.refunds()).length, 20)
  })

  it('changes nothing for a recipient that another owner took over, and everything for its neighbours', async () => {
    const { id, tasks, inFlight } = await claimed(3)
    await bench.leaseIsOver(id, 3)
    const { outboxId, ranges } = inFlight
    await claimEnvelopes(bench.db, [{ outboxId, ranges, type: 'normal' }], 'ffeeddccbbaa9988')
    const { endings, late } = await settle(bench.db, inFlight, tasks.map(failed))
    assert.deepEqual(
      [endings, late].map((each) => each.map(({ task }) => task.recipientNo)),
      [[1, 2], [3]],
    )
    assert.deepEqual(
      (await bench.rows(id)).map(({ status }) => status),
      ['failed', 'failed', 'sending'],
    )
    assert.equal((await bench.refunds()).length, 2)
    assert.equal((await bench.outbox()).length, 1)
  })

  it('waits for a database that is away, and is written once when that is back', async () => {
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

  it('that the database refuses is done one by one: a verdict it will not have keeps no other from being written', async () => {
    const id = await bench.accept({ count: 3 })
    const tooLong = 'x'.repeat(100)
    const a = testOperator('a', (batch) =>
      answers(batch, ({ reference }) => ({
        kind: 'accepted',
        providerMessageId: reference.endsWith(':2') ? tooLong : reference,
      })),
    )
    const { deliver, reported } = openDelivery(bench.db, [a])
    await deliver(await bench.envelope())
    assert.deepEqual(
      (await bench.rows(id)).map(({ status }) => status),
      ['done', 'sending', 'done'],
    )
    assert.deepEqual([reported.settled, reported.lost], [['done', 'done'], [`${id}:2`]])
    assert.equal((await bench.outbox()).length, 1, 'it is brought back')
  })

  it('does not wait for the failover of others: what is decided is written while the next operator is asked', async () => {
    const id = await bench.accept({ count: 2 })
    const firstAlone = testOperator('a', (batch) => ({
      kind: 'answered',
      operatorFailed: false,
      outcomes: batch.map(({ reference }, at) =>
        at === 0
          ? { kind: 'accepted', providerMessageId: reference }
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
