import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { cancel, openCancellations } from '../../src/delivery/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import { fund, look } from '../support/arrange.ts'
import { CUSTOMER, DEPOSIT, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { accepts, testOperator } from './operators.ts'

const NONE = { pending: 0, sending: 0, done: 0, failed: 0, cancelled: 0 }

describe('a cancellation', () => {
  let bench: Bench
  beforeEach(async () => {
    bench = await openBench()
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  const cancelOf = (smsIdentifier: string, userId = CUSTOMER) =>
    cancel({ db: bench.db }, { userId, smsIdentifier })
  const change = (statement: ReturnType<typeof sql>) => look(bench.db, statement)
  /** One after the other: many at once may find the balance locked for too long, and are refused. */
  const accepted = async (count: number) => {
    const ids: string[] = []
    while (ids.length < count) ids.push(await bench.accept())
    return ids
  }

  it('refunds each recipient that waits, and removes the outbox rows', async () => {
    const id = await bench.accept({ count: 150 })
    assert.deepEqual(await cancelOf(id), {
      ...{ counts: { ...NONE, cancelled: 150 }, refunded: 150, cancelledNow: 150 },
    })
    assert.equal(await bench.balance(), DEPOSIT)
    assert.deepEqual(await bench.outbox(), [])
    assert.ok((await bench.rows(id)).every(({ status }) => status === 'cancelled'))
  })

  it('answers a repeat with the same, and refunds once', async () => {
    const id = await bench.accept({ count: 2 })
    const first = await cancelOf(id)
    assert.deepEqual(await cancelOf(id), { ...first, cancelledNow: 0 })
    assert.equal((await bench.refunds()).length, 2)
  })

  it('is one cancellation and one refund, twenty times at once', async () => {
    const id = await bench.accept({ count: 3 })
    const all = await Promise.all(Array.from({ length: 20 }, () => cancelOf(id)))
    assert.equal(
      all.reduce((sum, each) => sum + (each?.cancelledNow ?? 0), 0),
      3,
    )
    assert.ok(all.every((each) => each?.refunded === 3))
    assert.equal((await bench.refunds()).length, 3)
  })

  it('knows no message of another customer, and changes none', async () => {
    const id = await bench.accept()
    assert.equal(await cancelOf(id, CUSTOMER + 1), undefined)
    assert.equal((await bench.row(id)).status, 'pending')
  })

  it('leaves what is being sent, and what an operator may have', async () => {
    const id = await bench.accept({ count: 4 })
    const set = (no: number, changes: ReturnType<typeof sql>) =>
      change(
        sql`UPDATE sms_status SET ${changes} WHERE sms_identifier = ${identifierToBytes(id)} AND recipient_no = ${no}`,
      )
    await set(1, sql`status = 'sending', owner = 'abcdefgh', lease_until = NOW(3) - INTERVAL 1 SECOND`)
    await set(2, sql`possibly_sent = TRUE`)
    await set(3, sql`unconfirmed = 1`)
    const cancelled = await cancelOf(id)
    assert.deepEqual(cancelled?.counts, { ...NONE, sending: 1, pending: 2, cancelled: 1 })
    assert.deepEqual(
      (await bench.outbox()).flatMap(({ names }) => names),
      [`${id}:1-4`],
      'the row still references three',
    )
  })

  it('cancels more recipients than one statement may name, in many ranges', async () => {
    await fund(bench.db, CUSTOMER, 20_000)
    const id = await bench.accept({ count: 9_000 })
    await change(
      sql`UPDATE sms_status SET status = 'sending', owner = 'abcdefgh', lease_until = NOW(3)
        WHERE sms_identifier = ${identifierToBytes(id)} AND recipient_no % 5 = 0`,
    )
    const cancelled = await cancelOf(id)
    assert.deepEqual(cancelled?.counts, { ...NONE, sending: 1_800, cancelled: 7_200 })
    assert.equal(cancelled?.refunded, 7_200)
  })

  it('takes its turn behind other cancellations of the same customer', async () => {
    const cancelInTurn = openCancellations(bench.db)
    const ids = await accepted(20)
    const all = await Promise.all(
      ids.map((smsIdentifier) => cancelInTurn({ userId: CUSTOMER, smsIdentifier })),
    )
    assert.ok(all.every((each) => each?.cancelledNow === 1))
  })

  it('cancels what waits for another attempt after an operator did not take it', async () => {
    const id = await bench.accept()
    const operator = testOperator('a', () => Promise.resolve({ kind: 'unavailable', reason: 'HTTP 503' }))
    await openDelivery(bench.db, [operator]).deliver(await bench.envelope())
    assert.equal((await cancelOf(id))?.cancelledNow, 1)
    assert.deepEqual(await bench.outbox(), [])
  })

  it('takes recipients out of an envelope that was merged and published, and the others of it are sent', async () => {
    const kept = await bench.accept()
    const cancelled = await bench.accept()
    const envelope = await bench.envelope()
    assert.equal(envelope.ranges.length, 2)
    assert.equal((await cancelOf(cancelled))?.cancelledNow, 1)
    const sent: string[] = []
    const operator = testOperator('a', (batch) => {
      sent.push(...batch.map(({ reference }) => reference))
      return Promise.resolve(accepts(batch))
    })
    await openDelivery(bench.db, [operator]).deliver(envelope)
    assert.deepEqual(sent, [`${kept}:1`])
    assert.deepEqual(
      [(await bench.row(kept)).status, (await bench.row(cancelled)).status],
      ['done', 'cancelled'],
    )
    assert.deepEqual(await bench.outbox(), [])
  })

  it('waits for no session that locks the outbox row, which the next claim removes', async () => {
    const id = await bench.accept()
    await transact(bench.db, 'test.lock', async (tx) => {
      await sql`SELECT id FROM outbox_events FORCE INDEX (PRIMARY) FOR UPDATE`.execute(tx)
      assert.equal((await cancelOf(id))?.cancelledNow, 1)
    })
    assert.equal((await bench.outbox()).length, 1)
    const operator = testOperator('a', () => assert.fail('nothing is left to submit'))
    await openDelivery(bench.db, [operator]).deliver(await bench.envelope())
    assert.deepEqual(await bench.outbox(), [])
  })

  it('either cancels or leaves to the sender each of many messages that are being sent', async () => {
    const ids = await accepted(60)
    const sent = new Set<string>()
    const operator = testOperator('a', (batch) => {
      for (const { reference } of batch) sent.add(reference.split(':')[0] ?? '')
      return Promise.resolve(accepts(batch))
    })
    const { deliver } = openDelivery(bench.patient(), [operator])
    const envelopes = [await bench.envelope()]
    const results = await Promise.all([
      ...ids.map((smsIdentifier) => cancel({ db: bench.patient() }, { userId: CUSTOMER, smsIdentifier })),
      ...envelopes.map((envelope) => deliver(envelope).then(() => undefined)),
    ])
    const cancelled = new Set(ids.filter((_, index) => results[index]?.cancelledNow === 1))
    assert.deepEqual(
      ids.filter((id) => sent.has(id) === cancelled.has(id)),
      [],
      'each is either sent or cancelled',
    )
  })
})
