import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { claimEnvelopes } from '../../src/delivery/index.ts'
import type { Settlement } from '../../src/delivery/index.ts'
import { settleHeld } from '../../src/delivery/settle.ts'
import type { Envelope } from '../../src/outbox/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import { fund, look } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { CUSTOMER, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { observed } from './observed.ts'
import { answers, testOperator } from './operators.ts'
import type { TestOperator } from './operators.ts'

/** One before and one behind the held customer in the order of locking. */
const [BEFORE, BEHIND] = [CUSTOMER - 1, CUSTOMER + 1]
const ENVELOPES = 16
const REJECTED = 'rejected'
const SLOW = 'slow'

describe('while somebody keeps one customer’s balance locked', () => {
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
          : { kind: 'accepted', providerMessageId: reference },
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
  const whileHeld = <T>(work: () => Promise<T>) =>
    transact(bench.db, 'test.hold', async (tx) => {
      await sql`SELECT 1 FROM user_balances WHERE user_id = ${CUSTOMER} FOR UPDATE`.execute(tx)
      return work()
    })
  const count = (kinds: string[], wanted: string) => kinds.filter((kind) => kind === wanted).length

  it('all is written but his refunds, by transactions that never wait for a balance', async () => {
    for (let each = 0; each < ENVELOPES; each++) await mixed()
    const { db, operations } = observed(bench.db)
    const { deliver, reported } = openDelivery(db, [operator])
    const [delivering] = await whileHeld(async () => {
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

  it('a later verdict of his envelope is written at once, and what others send is accepted', async () => {
    const answer = Promise.withResolvers<void>()
    const { answer: atOnce } = operator
    operator = testOperator(
      'a',
      async (batch) => {
        if (batch.some(({ text }) => text === SLOW)) await answer.promise
        return atOnce(batch)
      },
      1,
    )
    await bench.accept({ text: SLOW })
    await mixed()
    const { db, operations } = observed(bench.db)
    const { deliver, reported } = openDelivery(db, [operator])
    const waits = () => count(operations, 'delivery.settle_held retried')
    const [delivering] = await whileHeld(async () => {
      const delivering = Promise.all(envelopes.map((envelope) => deliver(envelope)))
      await eventually('a refund has waited in vain', () => waits() === 1)
      answer.resolve()
      await bench.accept({ from: BEFORE })
      await eventually('the late answer', () => count(reported.settled, 'done') === 4)
      assert.equal(count(operations, 'delivery.settle retried'), 0, operations.join())
      return [delivering]
    })
    await delivering
    assert.equal((await bench.refunds()).length, 3)
    assert.equal((await bench.outbox()).length, 1, 'of the message that nobody has claimed yet')
  })

  it('who waits for his balance has locked nothing else: no row of the outbox and no recipient', async () => {
    await bench.accept({ text: REJECTED })
    const [claimed] = await claimEnvelopes(bench.db, [await bench.envelope()])
    assert.ok(claimed)
    const endings = claimed.tasks.map((task): Settlement => ({
      kind: 'failed',
      task,
      provider: 'a',
      reason: 'no such number',
    }))
    const settlement = { inFlight: claimed.inFlight, endings }
    const [settling] = await whileHeld(async () => {
      const settling = settleHeld(bench.db, [settlement], CUSTOMER)
      await eventually('it waits', async () => (await waitingForBalances()) === 1)
      assert.deepEqual(await lockable(), { outbox: 1, recipients: 1 })
      return [settling]
    })
    const [settled] = await settling
    assert.deepEqual([settled?.endings.length, settled?.held.length], [1, 0])
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
