import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { listMisses, recordForgotten, recordMisses } from '../../src/deadlines/index.ts'
import type { DueMissPosition } from '../../src/deadlines/index.ts'
import { compensateOnce } from '../../src/delivery/compensate/compensateOnce.ts'
import { endExpired } from '../../src/delivery/expire/endExpired.ts'
import { cancel } from '../../src/delivery/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import { fund, look } from '../support/arrange.ts'
import { holdBalance } from '../support/holdBalance.ts'
import { CUSTOMER, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { accepts, saysOfEach, testOperator } from './operators.ts'
import type { Answer } from './operators.ts'

const DAY_MS = 86_400_000
const OTHER = CUSTOMER + 1

describe('a guarantee', () => {
  let bench: Bench
  beforeEach(async () => (bench = await openBench()))
  afterEach(async () => {
    await bench.assertBooksBalance()
    assert.deepEqual((await audit(bench.db)).violations, [])
    await bench.close()
  })

  const accept = (count = 1) => bench.accept({ type: 'express', count, guaranteedWithinMs: 3_600_000 })
  const setGuarantee = (id: string, seconds: number) =>
    look(
      bench.db,
      sql`UPDATE sms_requests SET guaranteed_by = NOW(3) + INTERVAL ${sql.lit(seconds)} SECOND
        WHERE sms_identifier = ${identifierToBytes(id)}`,
    )
  const deliver = async (answer: Answer = accepts) => {
    const { deliver } = openDelivery(bench.db, [testOperator('a', answer)])
    await deliver(await bench.envelope('express'))
  }
  const list = (userId: number | undefined = CUSTOMER) => {
    const nowMs = Date.now()
    return listMisses(bench.db, { userId, fromMs: nowMs - DAY_MS, untilMs: nowMs + DAY_MS, limit: 10 })
  }
  /** The tariff of all recipients so far. */
  const refundMissed = () =>
    look(
      bench.db,
      sql`INSERT INTO tariffs (id, destination_prefix, valid_from, per, price, refund_missed, created_at)
        VALUES (17, '', NOW(3), 'message', 3, TRUE, NOW(3))`,
    ).then(() => look(bench.db, sql`UPDATE sms_status SET tariff_id = 17`))
  const paid: { recipients: number; amount: number }[] = []
  const compensate = (...[after, bounds]: [after?: DueMissPosition, bounds?: { rowsMax: number }]) =>
    compensateOnce({ db: bench.db, events: { compensated: (fact) => paid.push(fact) } }, after, bounds)
  beforeEach(() => paid.splice(0))

  it('that is kept leaves no trace', async () => {
    await accept()
    await deliver()
    const { misses, counts } = await list()
    assert.deepEqual([misses, counts.late], [[], 0])
  })

  it('that is over by a clock that stepped forwards during the call is recorded', async () => {
    const id = await bench.accept({ type: 'express', guaranteedWithinMs: 900 })
    await deliver(async (batch) => {
      await setGuarantee(id, -5)
      return accepts(batch)
    })
    assert.equal((await list()).misses[0]?.cause, 'late')
  })

  it('that an older program missed is recorded by the command, once, and nothing else', async () => {
    const sent = async (answer: Answer, count = 1) => {
      const id = await accept(count)
      await deliver(answer)
      return id
    }
    const [late, failed] = [await sent(accepts, 2), await sent(saysOfEach('rejected'))]
    const [inTime, waiting] = [await sent(accepts), await accept()]
    for (const id of [late, failed, waiting]) await setGuarantee(id, -5)
    const all = { fromMs: Date.now() - DAY_MS, toMs: Date.now() + DAY_MS }
    assert.deepEqual(await recordForgotten(bench.db, { ...all, toMs: all.fromMs + 1 }), {
      late: 0,
      unsent: 0,
    })
    assert.deepEqual(await recordForgotten(bench.db, all), { late: 2, unsent: 1 })
    assert.deepEqual(await recordForgotten(bench.db, all), { late: 0, unsent: 0 })
    const { misses } = await list()
    assert.ok(misses.every(({ smsIdentifier }) => smsIdentifier !== inTime && smsIdentifier !== waiting))
    await setGuarantee(waiting, 3_600)
  })

  it('that an older program missed is recorded by reads of few recipients, also within one message', async () => {
    const id = await accept(5)
    await deliver()
    await setGuarantee(id, -5)
    const reads: string[] = []
    const db = { ...bench.db, observe: (operation: string) => void reads.push(operation) }
    const all = { fromMs: Date.now() - DAY_MS, toMs: Date.now() + DAY_MS }
    assert.deepEqual(await recordForgotten(db, all, 2), { late: 5, unsent: 0 })
    assert.equal(reads.filter((operation) => operation === 'deadlines.find_forgotten').length, 3)
    assert.deepEqual(await recordForgotten(db, all), { late: 0, unsent: 0 })
  })

  it('that is kept is not recorded, also when its time is nearly over as the recipient ends', async () => {
    const id = await accept()
    await deliver()
    const keys = { done: [{ smsIdentifier: id, recipientNo: 1 }], failed: [] }
    const recorded = await transact(bench.db, 'test.record', (tx) => recordMisses(tx, keys))
    assert.deepEqual(recorded, { late: 0, unsent: 0 })
  })

  it('that was missed is recorded with the hand-over, by how much, and listed', async () => {
    const id = await accept(2)
    await setGuarantee(id, -5)
    assert.equal((await list()).overdue.recipients, 2)
    assert.equal((await list(undefined)).overdue.recipients, 2)
    await deliver()
    const { misses, counts, overdue } = await list()
    assert.deepEqual(
      misses.map((miss) => [miss.recipientNo, miss.cause, miss.compensation]),
      [
        [1, 'late', 'none'],
        [2, 'late', 'none'],
      ],
    )
    assert.ok(
      misses.every(({ endedAt, guaranteedBy }) => endedAt.getTime() - guaranteedBy.getTime() >= 5_000),
    )
    assert.deepEqual([counts.late, counts.unsent, overdue.recipients], [2, 0, 0])
    assert.equal((await list(CUSTOMER + 1)).misses.length, 0)
    assert.equal((await list(undefined)).misses.length, 2)
  })

  it('is missed by a failure after it, which is refunded and not compensated', async () => {
    const id = await accept()
    await refundMissed()
    await setGuarantee(id, -5)
    await deliver(saysOfEach('rejected'))
    const { misses } = await list()
    assert.deepEqual(
      misses.map(({ cause, compensation }) => [cause, compensation]),
      [['unsent', 'none']],
    )
    await compensate()
    assert.deepEqual(paid, [])
  })

  it('is not missed by a failure before it, nor by a cancellation', async () => {
    await accept()
    await deliver(saysOfEach('rejected'))
    const id = await accept()
    await setGuarantee(id, -5)
    await cancel({ db: bench.db }, { userId: CUSTOMER, smsIdentifier: id })
    assert.deepEqual((await list()).misses, [])
  })

  it('is missed by what expires in the outbox', async () => {
    const id = await accept()
    await setGuarantee(id, -5)
    await bench.expiresIn(id, -1)
    const rows = await look(
      bench.db,
      sql<{ id: string }>`SELECT BIN_TO_UUID(id) AS id FROM outbox_events`,
    ).catch(() => look(bench.db, sql<{ id: string }>`SELECT LOWER(HEX(id)) AS id FROM outbox_events`))
    const outboxIds = rows.map(({ id: hex }) =>
      hex.replaceAll('-', '').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    )
    const { misses } = await endExpired(bench.db, outboxIds, { validityMs: 1, unknownSubmissionsMax: 2 })
    assert.deepEqual(misses, { late: 0, unsent: 1 })
    assert.equal((await list()).misses[0]?.cause, 'unsent')
  })

  it('gives the whole price of what was late back once, where the tariff says so', async () => {
    const id = await accept(2)
    await refundMissed()
    await setGuarantee(id, -5)
    await deliver()
    const before = await bench.balance()
    assert.equal((await list()).counts.due, 2)
    await Promise.all([compensate(), compensate()])
    await compensate()
    assert.equal(await bench.balance(), before + 6)
    assert.deepEqual(
      paid.map(({ recipients, amount }) => [recipients, amount]),
      [[2, 6]],
    )
    const { misses, counts } = await list()
    assert.deepEqual(
      misses.map(({ compensation, compensated }) => [compensation, compensated]),
      [
        ['paid', 3],
        ['paid', 3],
      ],
    )
    assert.deepEqual([counts.due, counts.paid, counts.compensated], [0, 2, 6])
  })

  it('gives it back when a locked balance is free again', async () => {
    const id = await accept()
    await refundMissed()
    await setGuarantee(id, -5)
    await deliver()
    const release = await holdBalance(bench.db, CUSTOMER)
    await compensate()
    assert.deepEqual(paid, [])
    await release()
    await compensate()
    assert.equal((await list()).counts.paid, 1)
  })

  it('gives others theirs while one customer, whose balance is locked, has more due than a round takes', async () => {
    const ids = [await accept(2)]
    await fund(bench.db, OTHER, 100)
    ids.push(await bench.accept({ from: OTHER, type: 'express', guaranteedWithinMs: 3_600_000 }))
    await refundMissed()
    for (const id of ids) await setGuarantee(id, -5)
    await deliver()
    await look(
      bench.db,
      sql`UPDATE deadline_misses SET due_at = due_at - INTERVAL 1 MINUTE WHERE user_id = ${CUSTOMER}`,
    )
    const release = await holdBalance(bench.db, CUSTOMER)
    const next = await compensate(undefined, { rowsMax: 2 })
    assert.deepEqual(paid, [])
    assert.equal(await compensate(next, { rowsMax: 2 }), undefined)
    await release()
    assert.deepEqual([(await list(OTHER)).counts.paid, (await list()).counts.due], [1, 2])
  })
})
