import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { decideQuarantined } from '../../src/delivery/index.ts'
import { openPartReferences, quarantine, lockRecipients } from '../../src/messages/index.ts'
import type { OperatorResult, PartIds, Submission } from '../../src/operators/index.ts'
import { closeDb, openDb, transact } from '../../src/platform/db/index.ts'
import { storeLateResults } from '../../src/receipts/storeLate.ts'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import { look, newIdOf } from '../support/arrange.ts'
import { loseCommit } from '../support/loseCommit.ts'
import { DEPOSIT, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { UNAVAILABLE, answers, testOperator } from './operators.ts'
import type { Answer, TestOperator } from './operators.ts'
import { claimAll } from './settlements.ts'

const PARTS = ['p1', 'p2', 'p3']
const SOME: PartIds = ['p1', null, 'p3']
const MISSING = { reason: '2 of 3 parts taken', partIds: SOME }

describe('a message of which an operator took some parts', () => {
  let bench: Bench
  let a: TestOperator
  let b: TestOperator
  /** What each operator was asked for, in order. */
  let asked: { by: string; partIds: PartIds | undefined; isMarked: boolean }[]
  beforeEach(async () => {
    bench = await openBench()
    asked = []
    a = testOperator('a', undefined, { keepsOurReference: false })
    b = testOperator('b', undefined, { keepsOurReference: false })
    b.answer = noting('b', () => ({ kind: 'accepted', operatorMessageId: 'q1', partIds: ['q1', 'q2', 'q3'] }))
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  /** Takes a reference, as an adapter does for parts. */
  function noting(by: string, resultOf: (message: Submission, time: number) => OperatorResult): Answer {
    let time = 0
    return async (batch) => {
      const references = openPartReferences(bench.db)
      for (const { reference, to, partIds } of batch) {
        await references.open({ reference, to })
        const row = await bench.row(reference.split(':')[0] ?? '')
        asked.push({ by, partIds, isMarked: row.possibleDuplicate })
      }
      return answers(batch, (message) => resultOf(message, time++))
    }
  }
  /** Takes parts 1 and 3 first, then what is missing. */
  const taking = (first: OperatorResult) =>
    noting('a', (_message, time) =>
      time === 0 ? first : { kind: 'accepted', operatorMessageId: 'p1', partIds: PARTS },
    )
  const delivery = () => openDelivery(bench.db, [a, b])
  const tellLate = (id: string, part: number, operatorMessageId: string) => {
    const result = { kind: 'accepted', operatorMessageId } as const
    const late = { kind: 'late_result', reference: `${id}:1`, part, parts: 3, result } as const
    return transact(bench.db, 'test.late', (tx) => storeLateResults(tx, [{ operator: 'a', late }]))
  }
  const stored = () =>
    look(
      bench.db,
      sql<{
        provider: string
        id: string
      }>`SELECT provider, provider_message_id AS id FROM operator_message_parts
        ORDER BY provider, part_no`,
    )
  const storedOf = async (provider: string) =>
    (await stored()).filter((part) => part.provider === provider).map(({ id }) => id)

  it('and throttled the others gets these alone, at once and unmarked, and no other operator gets any', async () => {
    const id = await bench.accept()
    a.answer = taking({ kind: 'throttled', ...MISSING, retryAfterMs: null })
    const { deliver, reported } = delivery()
    await deliver(await bench.envelope())
    assert.deepEqual(asked, [
      { by: 'a', partIds: undefined, isMarked: false },
      { by: 'a', partIds: SOME, isMarked: false },
    ])
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.provider, row.possibleDuplicate], ['done', 'a', false])
    assert.deepEqual([await storedOf('a'), reported.submittedAgain], [PARTS, {}])
  })

  it('waits for it in the outbox, possibly sent, and is completed by it in the next round, unmarked', async () => {
    const id = await bench.accept()
    a.answer = taking({ kind: 'unavailable', ...MISSING })
    await delivery().deliver(await bench.envelope())
    const waiting = await bench.row(id)
    assert.deepEqual(
      [waiting.status, waiting.possiblySent, waiting.possibleDuplicate, waiting.unconfirmed],
      ['pending', true, false, 0],
    )
    assert.deepEqual(await storedOf('a'), ['p1', '', 'p3'])
    // Another process knows as much.
    await delivery().deliver(await bench.nextRound())
    assert.deepEqual(asked, [
      { by: 'a', partIds: undefined, isMarked: false },
      { by: 'a', partIds: SOME, isMarked: false },
    ])
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.provider, row.possibleDuplicate], ['done', 'a', false])
    assert.deepEqual([await storedOf('a'), await bench.balance()], [PARTS, DEPOSIT - 1])
  })

  it('is completed by it although it is not the first operator', async () => {
    const id = await bench.accept()
    b.answer = noting('b', (_message, time) =>
      time === 0
        ? { kind: 'unavailable', ...MISSING }
        : { kind: 'accepted', operatorMessageId: 'p1', partIds: PARTS },
    )
    a.answer = () => UNAVAILABLE
    await delivery().deliver(await bench.envelope())
    a.answer = taking({ kind: 'accepted', operatorMessageId: 'x' })
    await delivery().deliver(await bench.nextRound())
    assert.deepEqual([(await bench.row(id)).provider, asked.map(({ by }) => by)], ['b', ['b', 'b']])
  })

  it('goes to the others as an express message, whole and marked before', async () => {
    const id = await bench.accept({ type: 'express' })
    a.answer = taking({ kind: 'unavailable', ...MISSING })
    const { deliver, reported } = delivery()
    await deliver(await bench.envelope('express'))
    assert.deepEqual(asked, [
      { by: 'a', partIds: undefined, isMarked: false },
      { by: 'b', partIds: undefined, isMarked: true },
    ])
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.provider, row.possibleDuplicate], ['done', 'b', true])
    assert.deepEqual([reported.submittedAgain, reported.possibleDuplicates], [{ b: 1 }, 1])
    // The receipts of both still match.
    assert.deepEqual(
      [await storedOf('a'), await storedOf('b')],
      [
        ['p1', '', 'p3'],
        ['q1', 'q2', 'q3'],
      ],
    )
  })

  it('goes to the others, whole and marked before, once its operator cannot be called', async () => {
    const id = await bench.accept()
    a.answer = taking({ kind: 'unavailable', ...MISSING })
    const { deliver, reported } = delivery()
    await deliver(await bench.envelope())
    await a.openBreaker()
    await deliver(await bench.nextRound())
    assert.deepEqual(asked.at(-1), { by: 'b', partIds: undefined, isMarked: true })
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.provider, row.possibleDuplicate], ['done', 'b', true])
    assert.deepEqual([reported.submittedAgain, reported.possibleDuplicates], [{ b: 1 }, 1])
  })

  it('waits for its operator while that is probed by another message', async () => {
    await bench.accept()
    a.answer = taking({ kind: 'unavailable', ...MISSING })
    await delivery().deliver(await bench.envelope())
    await a.halfOpenBreaker()
    const probe = a.breaker.admit()
    assert.ok(probe?.probe)
    await delivery().deliver(await bench.nextRound())
    assert.deepEqual(asked.slice(1), [])
    await a.breaker.record(probe, false)
    await delivery().deliver(await bench.nextRound())
    assert.deepEqual(asked.slice(1), [{ by: 'a', partIds: SOME, isMarked: false }])
  })

  it('fails, refunded once and possibly sent, when another part is rejected later', async () => {
    const id = await bench.accept()
    a.answer = noting('a', (_message, time) => ({
      kind: time === 0 ? 'unavailable' : 'rejected',
      ...MISSING,
    }))
    const { deliver } = delivery()
    await deliver(await bench.envelope())
    await deliver(await bench.nextRound())
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.possiblySent, row.possibleDuplicate], ['failed', true, false])
    assert.deepEqual([(await bench.refunds()).length, await bench.balance()], [1, DEPOSIT])
    assert.deepEqual([b.calls.length, await bench.outbox()], [0, []])
  })

  it('fails, refunded and possibly sent, when its attempts are used up', async () => {
    const id = await bench.accept()
    a.answer = noting('a', () => ({ kind: 'unavailable', ...MISSING }))
    await bench.oneAttemptIsLeft(id)
    await delivery().deliver(await bench.envelope())
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.possiblySent], ['failed', true])
    assert.equal(await bench.balance(), DEPOSIT)
  })

  it('is marked before the others are sent again where one of them has no response, and they alone are sent', async () => {
    const id = await bench.accept()
    a.answer = taking({ kind: 'unknown', ...MISSING })
    await openDelivery(bench.db, [a]).deliver(await bench.envelope())
    assert.equal((await bench.row(id)).unconfirmed, 1)
    await openDelivery(bench.db, [a]).deliver(await bench.nextRound())
    assert.deepEqual(asked.at(-1), { by: 'a', partIds: SOME, isMarked: true })
    assert.equal((await bench.row(id)).status, 'done')
  })

  it('is marked and completed when the process that submitted it was killed', async () => {
    const id = await bench.accept()
    await claimAll(bench.db, [await bench.envelope()])
    const reference = `${id}:1`
    await openPartReferences(bench.db).open({ reference, to: (await bench.row(id)).recipient })
    await tellLate(id, 1, 'p1')
    await bench.leaseIsOver(id)
    a.answer = noting('a', () => ({ kind: 'accepted', operatorMessageId: 'p1', partIds: PARTS }))
    await delivery().deliver(await bench.nextRound())
    assert.deepEqual(asked, [{ by: 'a', partIds: ['p1', null, null], isMarked: true }])
  })

  it('is claimed again by the same claim, whose COMMIT was lost, without a doubt', async () => {
    const id = await bench.accept({ onUnknown: null })
    a.answer = taking({ kind: 'unavailable', ...MISSING })
    await delivery().deliver(await bench.envelope())
    const proxy = await openTcpProxy(bench.db.settings.url)
    const db = openDb({ ...bench.db.settings, url: proxy.url })
    const lost = loseCommit(proxy, 'answer')
    await openDelivery(db, [a, b]).deliver(await bench.nextRound())
    await closeDb(db)
    await proxy.close()
    assert.equal(lost.count(), 1)
    assert.deepEqual(asked.at(-1), { by: 'a', partIds: SOME, isMarked: false })
    assert.equal((await bench.row(id)).status, 'done')
  })

  it('is done, and not submitted again, once its last part is answered late', async () => {
    const id = await bench.accept({ onUnknown: null })
    a.answer = taking({ kind: 'unknown', ...MISSING })
    await delivery().deliver(await bench.envelope())
    assert.deepEqual([(await bench.row(id)).status, asked.length], ['pending', 1])
    await tellLate(id, 2, 'p2')
    await delivery().deliver(await bench.nextRound())
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.provider, row.possibleDuplicate, asked.length], ['done', 'a', false, 1])
    assert.deepEqual(await storedOf('a'), PARTS)
  })

  it('is asked about at another operator that may have all of it, although the first may complete it', async () => {
    const id = await bench.accept({ onUnknown: null })
    a.answer = taking({ kind: 'unavailable', ...MISSING })
    b.answer = noting('b', () => ({ kind: 'unknown', reason: 'no answer' }))
    b.knows = () => ({ kind: 'not_known', reason: 'not yet' })
    await delivery().deliver(await bench.envelope())
    await a.openBreaker()
    await delivery().deliver(await bench.nextRound())
    await a.halfOpenBreaker()
    b.knows = () => ({ kind: 'taken', operatorMessageId: 'q1' })
    await delivery().deliver(await bench.nextRound())
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.provider, asked.map(({ by }) => by)], ['done', 'b', ['a', 'b']])
  })

  it('is whole again, and marked, when the reference of its parts is no longer known', async () => {
    await bench.accept()
    a.answer = taking({ kind: 'unavailable', ...MISSING })
    await delivery().deliver(await bench.envelope())
    await look(bench.db, sql`DELETE FROM part_references`)
    await delivery().deliver(await bench.nextRound())
    assert.deepEqual(asked.at(-1), { by: 'a', partIds: undefined, isMarked: true })
  })

  it('is marked when a person has it retried out of quarantine', async () => {
    const id = await bench.accept()
    a.answer = taking({ kind: 'unavailable', ...MISSING })
    await delivery().deliver(await bench.envelope())
    await transact(bench.db, 'test.quarantine', async (tx) => {
      const rows = await lockRecipients(tx, [{ smsIdentifier: id, first: 1, last: 1 }])
      await sql`UPDATE sms_status SET status = 'sending'`.execute(tx)
      await quarantine(
        tx,
        rows.map((row) => ({ ...row, status: 'sending' as const })),
        'test',
      )
      await sql`DELETE FROM outbox_events`.execute(tx)
    })
    const context = { db: bench.db, newId: newIdOf(bench.db) }
    await decideQuarantined(context, { smsIdentifier: id, recipientNo: 1 }, { kind: 'retry' })
    await delivery().deliver(await bench.nextRound())
    assert.deepEqual(asked.at(-1), { by: 'a', partIds: SOME, isMarked: true })
  })
})
