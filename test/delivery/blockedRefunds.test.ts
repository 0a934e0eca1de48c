import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { settleBlocked } from '../../src/delivery/settle.ts'
import type { Envelope } from '../../src/outbox/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import { fund, look, newIdOf } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { holdBalance } from '../support/holdBalance.ts'
import { CUSTOMER, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { observed } from './observed.ts'
import { answers, testOperator } from './operators.ts'
import type { TestOperator } from './operators.ts'
import { claimAll, failed } from './settlements.ts'

/** One before and one behind the locked customer in the order of locking. */
const [BEFORE, BEHIND] = [CUSTOMER - 1, CUSTOMER + 1]
const ENVELOPES = 16
const REJECTED = 'rejected'
const SLOW = 'slow'

describe('while one customer’s balance is locked elsewhere', () => {
  let bench: Bench
  let envelopes: Envelope[]
  let operator: TestOperator
  beforeEach(async () => {
    bench = await openBench()
    for (const userId of [BEFORE, BEHIND]) await fund(bench.db, userId, 1_000)
    envelopes = []
    operator = testOperator('a', (batch) =>
      answers(batch, ({ reference, text }) =>
        text === REJECTED
          ? { kind: 'rejected', reason: 'no such number' }
          : { kind: 'accepted', operatorMessageId: reference },
      ),
    )
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  /** Each of three customers' messages, one taken and one rejected. */
  const mixed = async () => {
    for (const from of [BEFORE, CUSTOMER, BEHIND]) {
      await bench.accept({ from })
      await bench.accept({ from, text: REJECTED })
    }
    envelopes.push(await bench.envelope())
  }
  const whileLocked = async <T>(work: () => Promise<T>) => {
    const release = await holdBalance(bench.db, CUSTOMER)
    try {
      return await work()
    } finally {
      await release()
    }
  }
  const count = (kinds: string[], wanted: string) => kinds.filter((kind) => kind === wanted).length

  it('all is written except its refunds, by transactions that never wait for a balance', async () => {
    for (let each = 0; each < ENVELOPES; each++) await mixed()
    const { db, operations } = observed(bench.db)
    const { deliver, reported } = openDelivery(db, [operator])
    const [delivering] = await whileLocked(async () => {
      const delivering = Promise.all(envelopes.map((envelope) => deliver(envelope)))
      await eventually('the others’ refunds', () => count(reported.settled, 'failed') === 2 * ENVELOPES)
      assert.equal(count(reported.settled, 'done'), 3 * ENVELOPES)
      assert.equal(count(operations, 'delivery.settle retried'), 0, operations.join())
      assert.equal((await bench.outbox()).length, ENVELOPES, 'each has something open')
      return [delivering]
    })
    await delivering
    assert.deepEqual([count(reported.settled, 'failed'), reported.lost], [3 * ENVELOPES, []])
    assert.equal((await bench.refunds()).length, 3 * ENVELOPES)
    assert.deepEqual(await bench.outbox(), [])
  })

  it('a later result of its envelope is written at once, and what others send is accepted', async () => {
    const answer = Promise.withResolvers<void>()
    const { answer: atOnce } = operator
    operator = testOperator(
      'a',
      async (batch) => {
        if (batch.some(({ text }) => text === SLOW)) await answer.promise
        return atOnce(batch)
      },
      { batchSizeMax: 1 },
    )
    await bench.accept({ text: SLOW })
    await mixed()
    const { db, operations } = observed(bench.db)
    const { deliver, reported } = openDelivery(db, [operator])
    const waits = () => count(operations, 'delivery.settle_blocked retried')
    const [delivering] = await whileLocked(async () => {
      const delivering = Promise.all(envelopes.map((envelope) => deliver(envelope)))
      await eventually('a refund has waited in vain', () => waits() > 0)
      answer.resolve()
      await bench.accept({ from: BEFORE })
      await eventually('the late answer', () => count(reported.settled, 'done') === 4)
      assert.equal(count(operations, 'delivery.settle retried'), 0, operations.join())
      return [delivering]
    })
    await delivering
    assert.equal((await bench.refunds()).length, 3)
    assert.equal((await bench.outbox()).length, 1, 'of the message that is not claimed yet')
  })

  it('a transaction that waits for a balance has locked nothing else: no outbox row and no recipient', async () => {
    await bench.accept({ text: REJECTED })
    const [claimed] = await claimAll(bench.db, [await bench.envelope()])
    assert.ok(claimed)
    const settlement = { inFlight: claimed.inFlight, settlements: claimed.tasks.map(failed) }
    const [settling] = await whileLocked(async () => {
      const settling = settleBlocked(
        { db: bench.patient(), newId: newIdOf(bench.db) },
        [settlement],
        CUSTOMER,
      )
      await eventually('it waits', async () => (await waitingForBalances()) === 1)
      assert.deepEqual(await lockable(), { outbox: 1, recipients: 1 })
      return [settling]
    })
    const [settled] = await settling
    assert.deepEqual([settled?.settled.length, settled?.blocked.length], [1, 0])
    assert.deepEqual(await bench.outbox(), [])
  })

  const waitingForBalances = async () =>
    (
      await look(
        bench.db,
        sql`SELECT 1 FROM information_schema.processlist
          WHERE info LIKE '%FROM user_balances%FOR UPDATE%' AND info NOT LIKE '%processlist%'`,
      )
    ).length
  const lockable = () =>
    transact(bench.db, 'test.lockable', async (tx) => {
      const outbox = await sql`SELECT id FROM outbox_events FOR UPDATE SKIP LOCKED`.execute(tx)
      const status = await sql`SELECT status FROM sms_status FOR UPDATE SKIP LOCKED`.execute(tx)
      return { outbox: outbox.rows.length, recipients: status.rows.length }
    })
})
