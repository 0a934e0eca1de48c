import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { decideQuarantined } from '../../src/delivery/index.ts'
import type { QuarantineDecision } from '../../src/delivery/index.ts'
import { look, newIdOf } from '../support/arrange.ts'
import { privateServers } from '../support/servers.ts'
import { DEPOSIT, UNKNOWN_SUBMISSIONS_MAX, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { SILENT, saysOfEach, slowOperator, testOperator } from './operators.ts'
import { eventually } from '../support/eventually.ts'
import { openTriggers } from './triggers.ts'
import type { Triggers } from './triggers.ts'

describe('a quarantined message', () => {
  let bench: Bench
  let triggers: Triggers
  beforeEach(async function () {
    triggers = openTriggers(privateServers(this).databaseAdminUrl)
    bench = await openBench()
  })
  afterEach(async () => {
    await triggers.dropAll()
    await bench.assertBooksBalance()
    await bench.close()
  })

  const refuseDone = (recipientNo?: number) =>
    triggers.refuse(
      'sms_status',
      'UPDATE',
      `NEW.status = 'done'${recipientNo === undefined ? '' : ` AND NEW.recipient_no = ${recipientNo}`}`,
    )
  const reasons = () => look(bench.db, sql<{ reason: string }>`SELECT reason FROM sms_quarantine`)
  const decide = (reference: string, decision: QuarantineDecision) => {
    const [smsIdentifier = '', no] = reference.split(':')
    const context = { db: bench.db, newId: newIdOf(bench.db) }
    return decideQuarantined(context, { smsIdentifier, recipientNo: Number(no) }, decision)
  }
  /** One message whose acceptance the database refused to store. */
  const refused = async (type: 'normal' | 'express' = 'normal') => {
    const id = await bench.accept({ type })
    await refuseDone()
    await openDelivery(bench.db, [testOperator('a')]).deliver(await bench.envelope(type))
    await triggers.dropAll()
    assert.deepEqual(await bench.quarantined(), [`${id}:1`])
    return `${id}:1`
  }

  it('is the one whose result the database refuses; its neighbours are done, and it is not sent again', async () => {
    const id = await bench.accept({ count: 7 })
    await refuseDone(4)
    const a = testOperator('a', undefined, { keepsOurReference: false })
    const { deliver, reported } = openDelivery(bench.db, [a])
    await deliver(await bench.envelope())
    assert.deepEqual(
      (await bench.rows(id)).filter(({ status }) => status !== 'done').map(({ no, owner }) => [no, owner]),
      [[4, null]],
    )
    assert.deepEqual([await bench.quarantined(), await bench.outbox()], [[`${id}:4`], []])
    assert.deepEqual([a.calls.length, reported.lost, reported.settled.length], [1, [], 7])
    const [row] = await reasons()
    assert.equal(row?.reason, `the database refused to store: accepted by a as id-${id}:4`)
  })

  it('is every message while the database refuses every result, each submitted once', async () => {
    const ids = [await bench.accept({ count: 3 })]
    const envelopes = [await bench.envelope()]
    ids.push(await bench.accept({ count: 2 }))
    envelopes.push(await bench.envelope())
    await refuseDone()
    const a = testOperator('a')
    const { deliver } = openDelivery(bench.db, [a])
    await Promise.all(envelopes.map(deliver))
    assert.deepEqual([a.calls.flat().length, (await bench.quarantined()).length], [5, 5])
    assert.deepEqual(await bench.outbox(), [])
  })

  it('is one that was submitted too often without a stored result, as the next claim finds', async () => {
    const id = await bench.accept({ count: 2 })
    const envelope = await bench.envelope()
    await refuseDone(1)
    await triggers.refuse('sms_quarantine', 'INSERT', 'TRUE')
    const a = testOperator('a')
    const { deliver, reported } = openDelivery(bench.db, [a])
    for (let round = 0; round < UNKNOWN_SUBMISSIONS_MAX.normal; round++) {
      await deliver(envelope)
      await bench.leaseIsOver(id)
    }
    assert.equal(reported.lost.length, UNKNOWN_SUBMISSIONS_MAX.normal)
    await triggers.dropAll()
    await deliver(envelope)
    const submissions = a.calls.flat().filter((reference) => reference === `${id}:1`)
    assert.equal(submissions.length, UNKNOWN_SUBMISSIONS_MAX.normal)
    assert.deepEqual([reported.quarantined, await bench.quarantined()], [[`${id}:1`], [`${id}:1`]])
    assert.deepEqual(await bench.outbox(), [])
  })

  it('is one whose process dies each time', async () => {
    const id = await bench.accept({ type: 'express' })
    const envelope = await bench.envelope('express')
    for (let process = 0; process < UNKNOWN_SUBMISSIONS_MAX.express; process++) {
      const dying = testOperator('a', () => new Promise(() => {}))
      void openDelivery(bench.db, [dying]).deliver(envelope)
      await eventually('it is submitted', () => dying.calls.length > 0)
      await bench.leaseIsOver(id)
    }
    const a = testOperator('a')
    const { deliver, reported } = openDelivery(bench.db, [a])
    await deliver(envelope)
    assert.deepEqual([a.calls, reported.quarantined], [[], [`${id}:1`]])
    assert.deepEqual(await bench.refunds(), [])
  })

  it('is left alone by a redelivery of its envelope', async () => {
    const id = await bench.accept({ count: 2 })
    const envelope = await bench.envelope()
    await refuseDone(2)
    const slow = slowOperator('a')
    const a = testOperator('a')
    await openDelivery(bench.db, [a]).deliver(envelope)
    await openDelivery(bench.db, [slow]).deliver(envelope)
    assert.deepEqual([slow.calls, await bench.quarantined()], [[], [`${id}:2`]])
  })

  it('ends as sent, without a refund', async () => {
    const reference = await refused()
    assert.equal(await decide(reference, { kind: 'sent', provider: 'a' }), 'decided')
    const row = await bench.row(reference.split(':')[0] ?? '')
    assert.deepEqual([row.status, row.provider], ['done', 'a'])
    assert.deepEqual([await bench.balance(), await bench.quarantined()], [DEPOSIT - 1, []])
  })

  it('ends as failed, and is refunded once', async () => {
    const reference = await refused('express')
    assert.equal(await decide(reference, { kind: 'failed' }), 'decided')
    assert.equal(await decide(reference, { kind: 'failed' }), 'not_quarantined')
    const row = await bench.row(reference.split(':')[0] ?? '')
    assert.deepEqual([row.status, row.possiblySent], ['failed', true])
    assert.deepEqual([await bench.balance(), await bench.quarantined()], [DEPOSIT, []])
  })

  it('is submitted again, marked and under the same reference, its attempts counted anew', async () => {
    const reference = await refused('express')
    assert.equal(await decide(reference, { kind: 'retry' }), 'decided')
    assert.deepEqual(await bench.quarantined(), [])
    const a = testOperator('a', () => SILENT)
    const b = testOperator('b', saysOfEach('rejected'))
    await openDelivery(bench.db, [a, b]).deliver(await bench.nextRound('express'))
    assert.deepEqual([a.calls, b.calls], [[[reference]], [[reference]]])
    const row = await bench.row(reference.split(':')[0] ?? '')
    assert.deepEqual([row.status, row.possibleDuplicate], ['failed', true])
  })

  it('cannot be decided when it is not quarantined, or not there', async () => {
    const id = await bench.accept()
    assert.equal(await decide(`${id}:1`, { kind: 'failed' }), 'not_quarantined')
    assert.equal(await decide(`${id}:2`, { kind: 'retry' }), 'unknown_message')
    assert.equal((await bench.row(id)).status, 'pending')
  })
})
