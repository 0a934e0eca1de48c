import assert from 'node:assert/strict'
import type { ClaimedEnvelope, Settlement, Task } from '../../src/delivery/index.ts'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import { eventually } from '../support/eventually.ts'
import { holdBalance } from '../support/holdBalance.ts'
import { loseCommit } from '../support/loseCommit.ts'
import type { LostPart } from '../support/loseCommit.ts'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import { CUSTOMER, DEPOSIT, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { observed } from './observed.ts'
import { answers, testOperator } from './operators.ts'
import { claimAll, done, failed, released, settleAll } from './settlements.ts'

describe('a settlement of several envelopes', () => {
  let bench: Bench
  beforeEach(async () => (bench = await openBench()))
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  /** One request and its claimed envelope for each count. */
  const claimed = async (...counts: number[]): Promise<{ ids: string[]; claims: ClaimedEnvelope[] }> => {
    const ids: string[] = []
    const envelopes = []
    for (const count of counts) {
      ids.push(await bench.accept({ count }))
      envelopes.push(await bench.envelope())
    }
    return { ids, claims: await claimAll(bench.db, envelopes) }
  }
  const settlementOf = ({ inFlight, tasks }: ClaimedEnvelope, end: (task: Task) => Settlement) => {
    return { inFlight, settlements: tasks.map(end) }
  }
  const statuses = async (ids: string[]) =>
    (await Promise.all(ids.map((id) => bench.rows(id)))).map((rows) => rows.map(({ status }) => status))

  it('is one transaction: all rows, all refunds of a customer, and each outbox row by its own need', async () => {
    const { ids, claims } = await claimed(2, 3, 2, 1)
    const [one, two, three, four] = claims as [
      ClaimedEnvelope,
      ClaimedEnvelope,
      ClaimedEnvelope,
      ClaimedEnvelope,
    ]
    const { db, operations } = observed(bench.db)
    const settled = await settleAll(db, [
      settlementOf(four, failed),
      settlementOf(two, failed),
      settlementOf(three, (task) => (task.recipientNo === 1 ? released(task) : failed(task))),
      settlementOf(one, done),
    ])
    assert.deepEqual(operations, ['delivery.settle'])
    assert.deepEqual(
      settled.map(({ settled, stale }) => [settled.length, stale.length]),
      [
        [1, 0],
        [3, 0],
        [2, 0],
        [2, 0],
      ],
    )
    assert.deepEqual(await statuses(ids), [
      ['done', 'done'],
      ['failed', 'failed', 'failed'],
      ['pending', 'failed'],
      ['failed'],
    ])
    assert.equal((await bench.refunds()).length, 5)
    assert.equal(await bench.balance(), DEPOSIT - 3)
    assert.deepEqual(
      (await bench.outbox()).map(({ names, lastError }) => [names, lastError]),
      [[[`${ids[2]}:1-1`], 'HTTP 503']],
    )
  })

  it('stores for each message which operator took it, also when several did', async () => {
    const { ids, claims } = await claimed(3, 2)
    const [three, two] = claims as [ClaimedEnvelope, ClaimedEnvelope]
    await settleAll(bench.db, [
      settlementOf(three, (task) => done(task, task.recipientNo === 2 ? 'b' : 'a')),
      settlementOf(two, (task) => (task.recipientNo === 1 ? done(task, 'b') : failed(task))),
    ])
    const ends = await Promise.all(ids.map((id) => bench.rows(id)))
    assert.deepEqual(
      ends.map((rows) => rows.map(({ status, provider }) => `${status} ${provider}`)),
      [
        ['done a', 'done b', 'done a'],
        ['done b', 'failed a'],
      ],
    )
  })

  it('stores for each released message whether it was tried, and whether an operator may have it', async () => {
    const { ids, claims } = await claimed(3, 2)
    const [three, two] = claims as [ClaimedEnvelope, ClaimedEnvelope]
    const back = (task: Task, { tried = false, marked = false } = {}): Settlement => {
      task.possiblySent = marked
      return released(task, { tried })
    }
    await settleAll(bench.db, [
      settlementOf(three, (task) => back(task, { tried: task.recipientNo === 2 })),
      settlementOf(two, (task) => back(task, { tried: true, marked: task.recipientNo === 2 })),
    ])
    const ends = await Promise.all(ids.map((id) => bench.rows(id)))
    assert.deepEqual(
      ends.flat().map(({ status, retrying, possiblySent }) => [status, retrying, possiblySent]),
      [
        ['pending', false, false],
        ['pending', true, false],
        ['pending', false, false],
        ['pending', true, false],
        ['pending', true, true],
      ],
    )
  })

  it('joins parts of one envelope: its row goes with the last of them, in the same or in another transaction', async () => {
    const { claims } = await claimed(4, 1)
    const [four, one] = claims as [ClaimedEnvelope, ClaimedEnvelope]
    const part = (...numbers: number[]) => {
      const tasks = four.tasks.filter(({ recipientNo }) => numbers.includes(recipientNo))
      return { inFlight: four.inFlight, settlements: tasks.map((task) => done(task)) }
    }
    await settleAll(bench.db, [part(1), settlementOf(one, done), part(2)])
    assert.equal((await bench.outbox()).length, 1)
    await settleAll(bench.db, [part(3), part(4)])
    assert.deepEqual(await bench.outbox(), [])
  })

  it('names recipients of another owner by a row of their own when its row goes', async () => {
    const id = await bench.accept({ count: 3 })
    const envelope = await bench.envelope()
    const [mine] = await claimAll(bench.db, [envelope])
    assert.ok(mine)
    await bench.leaseIsOver(id, 3)
    const [theirs] = await claimAll(bench.db, [envelope])
    assert.equal(theirs?.tasks.length, 1)
    const [first, second] = mine.tasks as [Task, Task]
    await settleAll(bench.db, [{ inFlight: mine.inFlight, settlements: [done(first), done(second)] }])
    assert.equal((await bench.outbox()).length, 1, 'the run still has the third')
    await settleAll(bench.db, [{ inFlight: mine.inFlight, settlements: mine.tasks.slice(2).map(failed) }])
    assert.deepEqual(
      (await bench.outbox()).map(({ names }) => names),
      [[`${id}:3-3`]],
    )
    await settleAll(bench.db, [settlementOf(theirs, done)])
    assert.deepEqual(await bench.refunds(), [])
  })

  it('writes a settlement once that is in it twice', async () => {
    const { claims } = await claimed(2)
    const [claim] = claims as [ClaimedEnvelope]
    await settleAll(bench.db, [settlementOf(claim, failed), settlementOf(claim, failed)])
    assert.equal((await bench.refunds()).length, 2)
    assert.deepEqual(await bench.outbox(), [])
  })

  for (const part of ['request', 'answer'] as LostPart[]) {
    it(`counts and refunds once when the ${part} of its COMMIT is lost`, async () => {
      const { ids, claims } = await claimed(2, 2, 1)
      const proxy = await openTcpProxy(bench.db.settings.url)
      const db = openDb({ ...bench.db.settings, url: proxy.url })
      const lost = loseCommit(proxy, part)
      const settled = await settleAll(
        db,
        claims.map((claim, at) => settlementOf(claim, at === 1 ? done : at === 2 ? released : failed)),
      )
      assert.equal(lost.count(), 1)
      assert.deepEqual(
        settled.map(({ settled, stale }) => [settled.length, stale.length]),
        [
          [2, 0],
          [2, 0],
          [1, 0],
        ],
      )
      assert.deepEqual(await statuses(ids), [['failed', 'failed'], ['done', 'done'], ['pending']])
      assert.equal((await bench.refunds()).length, 2)
      assert.equal((await bench.outbox()).length, 1)
      await closeDb(db)
      await proxy.close()
    })
  }

  it('waits for a balance that is locked elsewhere, while settlements without a refund are written', async () => {
    const ids = [await bench.accept()]
    const envelopes = [await bench.envelope()]
    ids.push(await bench.accept())
    envelopes.push(await bench.envelope())
    const refused = `${ids[0]}:1`
    const a = testOperator('a', (batch) =>
      answers(batch, ({ reference }) =>
        reference === refused
          ? { kind: 'rejected', reason: 'no such number' }
          : { kind: 'accepted', operatorMessageId: reference },
      ),
    )
    const { deliver, reported } = openDelivery(bench.db, [a])
    const release = await holdBalance(bench.db, CUSTOMER)
    const delivering = Promise.all(envelopes.map(deliver))
    await eventually('the other is done', () => reported.settled.includes('done'))
    assert.deepEqual(reported.settled, ['done'])
    await release()
    await delivering
    assert.deepEqual(reported.settled.toSorted(), ['done', 'failed'])
    assert.equal((await bench.refunds()).length, 1)
    assert.deepEqual(reported.lost, [])
    assert.deepEqual(await bench.outbox(), [])
  })
})
