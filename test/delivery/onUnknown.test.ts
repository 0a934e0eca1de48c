import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { applyReceipts } from '../../src/delivery/index.ts'
import { ATTEMPT_TIMEOUT_MS } from '../../src/delivery/lease.ts'
import { endExpired } from '../../src/delivery/expire/endExpired.ts'
import { transact } from '../../src/platform/db/index.ts'
import { look } from '../support/arrange.ts'
import { DEPOSIT, RETRY, openBench, openDelivery, UNKNOWN_SUBMISSIONS_MAX, VALIDITY_MS } from './bench.ts'
import type { Bench, Request } from './bench.ts'
import { skippableClock } from './skippableClock.ts'
import { SILENT, accepts, saysOfEach, testOperator } from './operators.ts'
import type { Knows, TestOperator } from './operators.ts'

/** What a claim takes at most on a quiet machine. */
const CLAIM_MS = 200
const HAS_IT: Knows = () => ({ kind: 'taken', operatorMessageId: 'known-1' })
const HAS_IT_NOT: Knows = () => ({ kind: 'not_taken' })
const KNOWS_NOTHING: Knows = () => ({ kind: 'not_known', reason: 'it does not know' })

describe('on_unknown: a message of which it is not known whether an operator took it', () => {
  let bench: Bench
  let a: TestOperator
  let b: TestOperator
  beforeEach(async () => {
    bench = await openBench()
    a = testOperator('a', () => SILENT)
    b = testOperator('b', accepts)
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  const accept = (request: Request = {}) => bench.accept({ onUnknown: null, ...request })
  const calls = () => [a.calls.length, b.calls.length]
  const delivery = (operators = [a, b]) => openDelivery(bench.db, operators)
  const attempts = () =>
    look<{ provider: string; result: string; reason: string }>(
      bench.db,
      sql`SELECT provider, result, reason FROM delivery_attempts ORDER BY recipient_no, attempt, call_no`,
    )
  /** As if the submissions so far had begun longer ago than any call may still be on its way. */
  const timePasses = () =>
    look(bench.db, sql`UPDATE delivery_attempts SET started_at = started_at - INTERVAL 61 SECOND`)
  const ownerIsLost = async (id: string) => {
    const dead = openDelivery(bench.db, [testOperator('a', () => new Promise(() => {}))])
    void dead.deliver(await bench.envelope())
    await untilSending(bench, id)
    await bench.leaseIsOver(id)
  }

  for (const type of ['normal', 'express'] as const)
    it(`is asked about also after a call that took all of its time, when it is ${type}`, async () => {
      const clock = skippableClock()
      try {
        a.knows = HAS_IT
        const id = await accept({ type })
        const envelope = await bench.envelope(type)
        // Since before the claim, so that what a slow machine takes for that is not added to the call's time.
        const endsAtMs = performance.now() + CLAIM_MS + ATTEMPT_TIMEOUT_MS
        a.answer = () => {
          clock.skipMs += Math.max(0, endsAtMs - performance.now())
          return SILENT
        }
        await delivery().deliver(envelope)
        const { status, provider } = await bench.row(id)
        assert.deepEqual([status, provider, a.questions.length, b.calls.length], ['done', 'a', 1, 0])
      } finally {
        clock.restore()
      }
    })

  it('ends as sent when the operator says that it has it: nothing is submitted again, and nothing is marked', async () => {
    const id = await accept()
    a.knows = HAS_IT
    await delivery().deliver(await bench.envelope())
    const row = await bench.row(id)
    assert.deepEqual([calls(), row.status, row.provider], [[1, 0], 'done', 'a'])
    assert.deepEqual([row.possibleDuplicate, await bench.outbox()], [false, []])
    assert.deepEqual(
      (await attempts()).map(({ result, reason }) => [result, reason]),
      [
        ['unknown', 'no answer'],
        ['accepted', 'asked: it has the message'],
      ],
    )
  })

  it('stores the identifier that the operator says it has it under', async () => {
    await accept()
    a = testOperator('a', () => SILENT, { keepsOurReference: false })
    a.knows = HAS_IT
    await delivery([a]).deliver(await bench.envelope())
    assert.deepEqual(await bench.operatorMessages(), ['known-1'])
  })

  it('is submitted again, and is no duplicate, once the operator says that it does not have it and nothing is on its way', async () => {
    const id = await accept()
    a.knows = HAS_IT_NOT
    const { deliver, reported } = delivery()
    await deliver(await bench.envelope())
    assert.deepEqual([calls(), (await bench.row(id)).status], [[1, 0], 'pending'])
    await timePasses()
    a.answer = accepts
    await deliver(await bench.nextRound())
    const row = await bench.row(id)
    assert.deepEqual([calls(), row.status, row.provider], [[2, 0], 'done', 'a'])
    assert.deepEqual([row.possiblySent, row.possibleDuplicate], [true, false])
    assert.deepEqual([reported.possibleDuplicates, reported.submittedAgain], [0, {}])
  })

  it('is as if it had never been submitted when it then fails: refunded, not marked as possibly sent', async () => {
    const id = await accept()
    a.knows = HAS_IT_NOT
    const { deliver } = delivery()
    await deliver(await bench.envelope())
    await timePasses()
    a.answer = b.answer = saysOfEach('unavailable')
    await bench.oneAttemptIsLeft(id)
    await deliver(await bench.nextRound())
    const row = await bench.row(id)
    assert.deepEqual(
      [row.status, row.failureReason, row.possiblySent],
      ['failed', 'no operator took it', false],
    )
    assert.equal(await bench.balance(), DEPOSIT)
  })

  it('is held by default where the operator cannot be asked and may take it twice; a receipt ends it', async () => {
    const id = await accept()
    const { deliver } = delivery()
    await deliver(await bench.envelope())
    for (let round = 0; round < 5; round++) await deliver(await bench.nextRound())
    const held = await bench.row(id)
    assert.deepEqual([calls(), held.status, held.possiblySent], [[1, 0], 'pending', true])
    assert.deepEqual([held.possibleDuplicate, held.attempts, held.unconfirmed], [false, 1, 1])
    const key = { smsIdentifier: id, recipientNo: 1 }
    const receipt = { ...key, operator: 'a', verdict: 'delivered' as const, reason: '', partNo: null }
    const applied = await transact(bench.db, 'test.receipt', (tx) => applyReceipts(tx, [receipt]))
    assert.deepEqual([applied.states, applied.proven], [['applied'], 1])
    assert.deepEqual([(await bench.row(id)).status, await bench.outbox()], ['done', []])
  })

  it('is held when its request says so, even by an operator that deduplicates, and as an express message', async () => {
    a.deduplicatesReferences = true
    const id = await accept({ onUnknown: 'hold' })
    const express = await accept({ onUnknown: 'hold', type: 'express' })
    await delivery().deliver(await bench.envelope())
    await delivery().deliver(await bench.envelope('express'))
    assert.deepEqual(calls(), [2, 0])
    for (const each of [id, express]) assert.equal((await bench.row(each)).status, 'pending')
  })

  it('goes to the next operator when its request says "retry", after the first was asked', async () => {
    const id = await accept({ onUnknown: 'retry' })
    a.knows = KNOWS_NOTHING
    await delivery().deliver(await bench.envelope())
    const row = await bench.row(id)
    assert.deepEqual([calls(), a.questions.length, row.provider], [[1, 1], 1, 'b'])
    assert.equal(row.possibleDuplicate, true)
  })

  it('goes to the next operator by default as an express message', async () => {
    const id = await accept({ type: 'express' })
    await delivery().deliver(await bench.envelope('express'))
    assert.deepEqual([calls(), (await bench.row(id)).provider], [[1, 1], 'b'])
  })

  it('goes by default to the operator that takes it once, and to no other', async () => {
    const id = await accept()
    a.deduplicatesReferences = true
    const { deliver } = delivery()
    await deliver(await bench.envelope())
    a.answer = saysOfEach('unavailable')
    await deliver(await bench.nextRound())
    a.answer = accepts
    await deliver(await bench.nextRound())
    const row = await bench.row(id)
    assert.deepEqual([calls(), row.status, row.provider], [[4, 0], 'done', 'a'])
  })

  it('is asked about at every operator when a process died with it, and at none is submitted while one does not know', async () => {
    const id = await accept()
    await ownerIsLost(id)
    a.knows = HAS_IT_NOT
    b.knows = KNOWS_NOTHING
    const { deliver } = delivery()
    await deliver(await bench.published().then(() => bench.nextRound()))
    await timePasses()
    await deliver(await bench.nextRound())
    assert.deepEqual([calls(), a.questions.length, b.questions.length], [[0, 0], 2, 2])
    b.knows = HAS_IT
    await deliver(await bench.nextRound())
    const row = await bench.row(id)
    assert.deepEqual([calls(), row.status, row.provider], [[0, 0], 'done', 'b'])
  })

  it('is sent again, marked, when a process died with it and none of the route has it: its route may have been another', async () => {
    const id = await accept()
    await ownerIsLost(id)
    a.knows = b.knows = HAS_IT_NOT
    a.answer = accepts
    const { deliver } = delivery()
    await deliver(await bench.published().then(() => bench.nextRound()))
    await timePasses()
    await deliver(await bench.nextRound())
    const row = await bench.row(id)
    assert.deepEqual([calls(), row.status, row.possibleDuplicate], [[1, 0], 'done', true])
  })

  it('is held when a process died with it and another one dies before it has asked', async () => {
    const id = await accept()
    await ownerIsLost(id)
    a.knows = b.knows = () => new Promise(() => {})
    void delivery().deliver(await bench.published().then(() => bench.nextRound()))
    await untilAsked(a)
    assert.equal((await bench.row(id)).possibleDuplicate, false)
    await bench.leaseIsOver(id)
    const [c, d] = [testOperator('a', accepts), testOperator('b', accepts)]
    await openDelivery(bench.db, [c, d]).deliver(await bench.nextRound())
    const row = await bench.row(id)
    assert.deepEqual([c.calls, d.calls, row.status, row.possiblySent], [[], [], 'pending', true])
  })

  it('of a batch is decided alone: what the operator has ends, the rest waits or goes on', async () => {
    const id = await accept({ count: 3 })
    const says: Record<string, Knows> = { 1: HAS_IT, 2: HAS_IT_NOT, 3: KNOWS_NOTHING }
    a.knows = (message) => (says[message.reference.split(':')[1] ?? ''] ?? KNOWS_NOTHING)(message)
    const { deliver } = delivery()
    await deliver(await bench.envelope())
    await timePasses()
    a.answer = accepts
    await deliver(await bench.nextRound())
    const rows = await bench.rows(id)
    assert.deepEqual(
      rows.map(({ status }) => status),
      ['done', 'done', 'pending'],
    )
    assert.deepEqual(
      a.calls.map((batch) => batch.length),
      [3, 1],
    )
    assert.equal((await bench.outbox()).length, 1)
  })

  it('is not asked about while the breaker is open, and waits', async () => {
    const id = await accept()
    a.knows = HAS_IT
    const { deliver } = delivery()
    a.answer = async () => {
      await a.openBreaker()
      return SILENT
    }
    await deliver(await bench.envelope())
    assert.deepEqual([a.questions, calls(), (await bench.row(id)).status], [[], [1, 0], 'pending'])
    const [row] = await bench.outbox()
    assert.ok(row && row.delayMs <= 5_000, 'it is asked about soon')
  })

  it('is looked at ever less often while the operator cannot be asked', async () => {
    const id = await accept()
    a.knows = HAS_IT
    a.answer = async () => {
      await a.openBreaker()
      return SILENT
    }
    const { deliver } = openDelivery(bench.db, [a], { retry: { ...RETRY, maxDelayMs: 3_600_000 } })
    await deliver(await bench.envelope())
    await timePasses()
    await deliver(await bench.nextRound())
    assert.equal((await bench.row(id)).status, 'pending')
    const [row] = await bench.outbox()
    assert.ok(row && row.dueInMs > 30_000, 'as long again as it has waited')
  })

  it('delays no other message, however long the operator takes to say what it knows', async () => {
    await accept()
    a.knows = () => new Promise(() => {})
    const { deliver } = openDelivery(bench.db, [a], { callsMax: 1 })
    void deliver(await bench.envelope())
    await untilAsked(a)
    a.answer = accepts
    const other = await accept()
    await deliver(await bench.envelope())
    assert.equal((await bench.row(other)).status, 'done')
  })

  it('does not fail for want of attempts when it proves to be free again and no operator can be called', async () => {
    const id = await accept()
    a.knows = HAS_IT_NOT
    const { deliver } = delivery()
    await deliver(await bench.envelope())
    await timePasses()
    a.knows = async () => {
      for (const operator of [a, b]) await operator.openBreaker()
      return { kind: 'not_taken' }
    }
    await bench.oneAttemptIsLeft(id)
    await deliver(await bench.nextRound())
    assert.deepEqual([calls(), (await bench.row(id)).status], [[1, 0], 'pending'])
  })

  it('may be on its way for as long after the end of its call as the call may have lasted', async () => {
    const id = await accept()
    a.knows = HAS_IT_NOT
    const { deliver } = delivery()
    await deliver(await bench.envelope())
    const began = (secondsAgo: number) =>
      look(
        bench.db,
        sql`UPDATE delivery_attempts SET started_at = NOW(3) - INTERVAL ${sql.lit(secondsAgo)} SECOND,
              duration_ms = IF(result = 'unknown', 30000, 0)`,
      )
    await began(70)
    a.answer = accepts
    await deliver(await bench.nextRound())
    assert.deepEqual([calls(), (await bench.row(id)).status], [[1, 0], 'pending'])
    await began(91)
    await deliver(await bench.nextRound())
    assert.deepEqual([calls(), (await bench.row(id)).status], [[2, 0], 'done'])
  })

  it('is held when the question fails', async () => {
    const id = await accept()
    a.knows = () => Promise.reject(new Error('broken adapter'))
    await delivery().deliver(await bench.envelope())
    assert.deepEqual([calls(), (await bench.row(id)).status], [[1, 0], 'pending'])
  })

  it('of which an older program stored no attempt may be at any operator', async () => {
    const id = await accept()
    await look(bench.db, sql`UPDATE sms_status SET unconfirmed = 1, possibly_sent = TRUE`)
    a.knows = b.knows = HAS_IT_NOT
    a.answer = accepts
    const { deliver } = delivery()
    await deliver(await bench.envelope())
    assert.deepEqual([calls(), (await bench.row(id)).status], [[0, 0], 'pending'])
    await timePasses()
    await deliver(await bench.nextRound())
    assert.deepEqual([calls(), (await bench.row(id)).status], [[1, 0], 'done'])
  })

  it('fails when its time is over, refunded and possibly sent, also when a receipt comes at the same moment', async () => {
    const id = await accept({ expiresInSeconds: 60 })
    await delivery().deliver(await bench.envelope())
    await bench.expiresIn(id, 0)
    const rows = await look<{ id: Buffer }>(bench.db, sql`SELECT LOWER(HEX(id)) AS id FROM outbox_events`)
    const outboxIds = rows.map((row) => toUuid(String(row.id)))
    const bounds = { validityMs: VALIDITY_MS, unknownSubmissionsMax: UNKNOWN_SUBMISSIONS_MAX.normal }
    const key = { smsIdentifier: id, recipientNo: 1 }
    const receipt = { ...key, operator: 'a', verdict: 'delivered' as const, reason: '', partNo: null }
    await Promise.all([
      endExpired(bench.db, outboxIds, bounds),
      transact(bench.db, 'test.receipt', (tx) => applyReceipts(tx, [receipt])),
    ])
    await endExpired(bench.db, outboxIds, bounds)
    const row = await bench.row(id)
    const isRefunded = row.status === 'failed'
    assert.deepEqual(
      [row.status, (await bench.refunds()).length, await bench.outbox()],
      [isRefunded ? 'failed' : 'done', isRefunded ? 1 : 0, []],
    )
    if (isRefunded) assert.deepEqual([row.possiblySent, await bench.balance()], [true, DEPOSIT])
  })
})

async function untilSending(bench: Bench, id: string): Promise<void> {
  while ((await bench.row(id)).status !== 'sending') await look(bench.db, sql`SELECT 1`)
}

async function untilAsked({ questions }: TestOperator): Promise<void> {
  while (questions.length === 0) await new Promise((resolve) => setImmediate(resolve))
}

function toUuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
