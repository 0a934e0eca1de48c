import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { cancel, decideQuarantined } from '../../src/delivery/index.ts'
import { expireOnce } from '../../src/delivery/expire/expireOnce.ts'
import { readTimeline } from '../../src/timeline/index.ts'
import { recipients } from '../support/api.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import { look, newIdOf } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { manualTimers } from '../support/manualTimers.ts'
import { privateServers } from '../support/servers.ts'
import { CUSTOMER, UNKNOWN_SUBMISSIONS_MAX, VALIDITY_MS, openBench, openDelivery } from '../delivery/bench.ts'
import type { Bench } from '../delivery/bench.ts'
import {
  SILENT,
  UNAVAILABLE,
  accepts,
  saysOfEach,
  slowOperator,
  testOperator,
} from '../delivery/operators.ts'
import type { TestOperator } from '../delivery/operators.ts'
import { openTriggers } from '../delivery/triggers.ts'
import { openReceiptBench } from '../receipts/bench.ts'
import type { ReceiptBench } from '../receipts/bench.ts'
import { says, startEndpoint } from '../webhooks/endpointServer.ts'
import type { EndpointServer } from '../webhooks/endpointServer.ts'
import { openWebhookBench } from '../webhooks/webhookBench.ts'
import type { WebhookBench } from '../webhooks/webhookBench.ts'
import { named, recipientOf, timelineOf } from './timelineOf.ts'

/** A guarantee that no busy machine misses. */
const HOUR_MS = 3_600_000

describe('the timeline of a message that is finished', () => {
  let bench: Bench
  let a: TestOperator
  let b: TestOperator
  beforeEach(async () => {
    bench = await openBench()
    a = testOperator('a')
    b = testOperator('b')
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  const deliver = async (type: 'normal' | 'express' = 'normal') =>
    openDelivery(bench.db, [a, b]).deliver(await bench.envelope(type))
  const stepsOf = async (id: string) => named((await recipientOf(bench.db, id)).steps)

  it('says that it was accepted, charged and sent by the first operator', async () => {
    const id = await bench.accept({ type: 'express', guaranteedWithinMs: HOUR_MS })
    await deliver('express')
    const { steps, timelines, ...message } = await timelineOf(bench.db, id)
    assert.deepEqual(named(steps), ['accepted', 'charged 3'])
    const [only] = timelines
    assert.deepEqual(
      [only?.status, only?.waiting, named(only?.steps ?? [])],
      ['SENT', null, ['attempt 1 a accepted', 'sent by a']],
    )
    assert.deepEqual(
      [message.type, message.recipients, message.userId, message.isComplete, message.nextAfter],
      ['express', 1, CUSTOMER, true, null],
    )
  })

  it('has each attempt with operator, route, result and duration, in the order they were made', async () => {
    const id = await bench.accept()
    a.answer = () => UNAVAILABLE
    b.answer = saysOfEach('unavailable')
    await deliver()
    b.answer = accepts
    await openDelivery(bench.db, [a, b]).deliver(await bench.nextRound())
    const { steps } = await recipientOf(bench.db, id)
    assert.deepEqual(named(steps), [
      ...['attempt 1 a unavailable', 'attempt 1 b unavailable', 'attempt 2 a unavailable'],
      ...['attempt 2 b accepted', 'sent by b'],
    ])
    const [first] = steps
    assert.ok(first?.step === 'attempt' && first.durationMs !== null && first.durationMs >= 0)
    assert.deepEqual([first.reason, first.routeReason], ['HTTP 503', 'all of them'])
  })

  it('has the failure, and the refund with it', async () => {
    const id = await bench.accept()
    a.answer = saysOfEach('rejected')
    await deliver()
    assert.deepEqual(await stepsOf(id), ['attempt 1 a rejected', 'failed rejected', 'refunded 1'])
  })

  it('says that it expired', async () => {
    const id = await bench.accept({ expiresInSeconds: 60 })
    await bench.expiresIn(id, 0)
    await expireOnce(
      {
        ...{ db: bench.db, type: 'normal', validityMs: VALIDITY_MS },
        unknownSubmissionsMax: UNKNOWN_SUBMISSIONS_MAX.normal,
        events: { ended: () => {}, expiryFailed: ({ error }) => assert.fail(String(error)) },
      },
      undefined,
      { minAgeMs: -60_000 },
    )
    const timeline = await timelineOf(bench.db, id)
    assert.deepEqual(named(timeline.timelines[0]?.steps ?? []), ['failed expired', 'refunded 1'])
    assert.ok(timeline.expiresAt)
  })

  it('says that it was cancelled', async () => {
    const id = await bench.accept()
    await cancel({ db: bench.db }, { userId: CUSTOMER, smsIdentifier: id })
    const { status, steps } = await recipientOf(bench.db, id)
    assert.deepEqual([status, named(steps)], ['CANCELLED', ['cancelled', 'refunded 1']])
  })

  it('has the attempts of one that nobody confirmed', async () => {
    const id = await bench.accept({ type: 'express', guaranteedWithinMs: HOUR_MS })
    a.answer = b.answer = () => SILENT
    await deliver('express')
    assert.deepEqual(await stepsOf(id), [
      ...['attempt 1 a unknown', 'attempt 1 b unknown', 'failed possibly_sent', 'refunded 3'],
    ])
  })

  it('has the guarantee, and that it was missed', async () => {
    const id = await bench.accept({ type: 'express', guaranteedWithinMs: HOUR_MS })
    await look(
      bench.db,
      sql`UPDATE sms_requests SET guaranteed_by = NOW(3) - INTERVAL 1 SECOND WHERE sms_identifier = ${identifierToBytes(id)}`,
    )
    await deliver('express')
    const { guaranteedBy, timelines } = await timelineOf(bench.db, id)
    const missed = timelines[0]?.steps.find(({ step }) => step === 'missed')
    assert.ok(missed?.step === 'missed' && missed.cause === 'late' && missed.lateByMs >= 1_000)
    assert.deepEqual(missed.at, guaranteedBy)
  })

  it('has both calls of a message that was hedged, and says which was the second', async () => {
    const slow = slowOperator('a')
    const timers = manualTimers()
    const id = await bench.accept({
      ...{ type: 'express', hedge: true, onUnknown: null, guaranteedWithinMs: HOUR_MS },
    })
    const { deliver } = openDelivery(bench.db, [slow, b], { hedgeAfter: timers.after })
    const delivered = deliver(await bench.envelope('express'))
    await eventually('the first operator is called', () => slow.calls.length === 1)
    timers.fire()
    await delivered
    slow.answerWith(accepts)
    const attempts = async () =>
      (await recipientOf(bench.db, id)).steps.filter(({ step }) => step === 'attempt')
    await eventually('the late answer is stored', async () => (await attempts()).length === 2)
    assert.deepEqual(
      (await attempts()).map((step) => step.step === 'attempt' && [step.provider, step.result, step.isHedge]),
      [
        ['a', 'accepted', false],
        ['b', 'accepted', true],
      ],
    )
  })

  it('makes up no attempt that succeeded where a person decided that it was sent', async function () {
    const triggers = openTriggers(privateServers(this).databaseAdminUrl)
    const id = await bench.accept()
    await triggers.refuse('sms_status', 'UPDATE', `NEW.status = 'done'`)
    await deliver().finally(() => triggers.dropAll())
    assert.deepEqual(await stepsOf(id), ['quarantined'])
    const context = { db: bench.db, newId: newIdOf(bench.db) }
    const key = { smsIdentifier: id, recipientNo: 1 }
    assert.equal(await decideQuarantined(context, key, { kind: 'sent', provider: 'a' }), 'decided')
    assert.deepEqual(await stepsOf(id), ['sent by a'])
  })

  it('is that of one recipient by its number, and of all page by page', async () => {
    const id = await bench.accept({ count: 25 })
    await deliver()
    const seen: string[] = []
    for (let after: number | null = 0; after !== null;) {
      const page = await timelineOf(bench.db, id, { limit: 10, after })
      seen.push(...page.timelines.map(({ recipient }) => recipient))
      after = page.nextAfter
    }
    assert.deepEqual(seen, recipients(25))
    const [, second = ''] = seen
    const one = await timelineOf(bench.db, id, { limit: 10, toDigits: second })
    assert.deepEqual(
      one.timelines.map(({ recipient, recipientNo }) => [recipient, recipientNo]),
      [[second, 2]],
    )
    assert.deepEqual((await timelineOf(bench.db, id, { toDigits: '491' })).timelines, [])
  })

  it('is shown to its customer and to no other', async () => {
    const id = await bench.accept()
    const ask = (whose: { userId: number }, smsIdentifier = id) =>
      readTimeline(bench.db, { whose, smsIdentifier, limit: 10, after: 0 })
    assert.equal((await ask({ userId: CUSTOMER }))?.smsIdentifier, id)
    assert.equal(await ask({ userId: CUSTOMER + 1 }), undefined)
    assert.equal(await ask({ userId: CUSTOMER }, newIdOf(bench.db)()), undefined)
    assert.equal(await ask({ userId: CUSTOMER }, '4711'), undefined)
  })
})

describe('the timeline of a message that operators reported on', () => {
  let bench: ReceiptBench
  beforeEach(async () => void (bench = await openReceiptBench()))
  afterEach(() => bench.close())

  it('has each receipt, what it changed, and what the operator calls the message', async () => {
    const reference = await bench.send({ keepsOurReference: false, messageId: '9C41' })
    await bench.report('a', { message_id: '9C41', status: 'undelivered', error_code: '27' })
    await bench.report('a', { reference, status: 'delivered' })
    const { status, steps } = await recipientOf(bench.db, reference.split(':')[0] ?? '')
    assert.equal(status, 'FAILED_PERM')
    assert.deepEqual(named(steps), [
      ...['attempt 1 a accepted', 'sent by a', 'receipt undelivered applied', 'undelivered undelivered'],
      'receipt delivered contradicting',
    ])
    const sent = steps.find(({ step }) => step === 'sent')
    assert.deepEqual(sent?.step === 'sent' && sent.operatorIds, [{ provider: 'a', part: null, id: '9C41' }])
    const receipt = steps.find(({ step }) => step === 'receipt')
    assert.ok(receipt?.step === 'receipt' && receipt.code === '27' && receipt.raw.includes('9C41'))
  })

  it('says when it was delivered', async () => {
    const reference = await bench.send()
    await bench.report('a', { reference, status: 'delivered' })
    const { status, steps } = await recipientOf(bench.db, reference.split(':')[0] ?? '')
    assert.deepEqual([status, named(steps).at(-1)], ['DELIVERED', 'delivered'])
  })
})

describe('the timeline of a message with events', () => {
  let bench: WebhookBench
  let good: EndpointServer
  let bad: EndpointServer
  beforeEach(async () => {
    bench = await openWebhookBench()
    good = await startEndpoint()
    bad = await startEndpoint(says(500))
  })
  afterEach(async () => {
    for (const server of [good, bad]) await server.close()
    await bench.close()
  })

  it('has the event when it has no number yet, and then its result at each endpoint', async () => {
    const { id } = await bench.addEndpoint(1, { url: good.url })
    await bench.addEndpoint(1, { url: bad.url })
    const [message = ''] = await bench.send(1, 1)
    const events = async () =>
      (await recipientOf(bench.db, message)).steps.filter(
        ({ step }) => step === 'event' || step === 'webhook',
      )
    const [unnumbered] = await events()
    assert.ok(unnumbered?.step === 'event' && unnumbered.sequence === null)
    await bench.deliver()
    const steps = await events()
    assert.deepEqual(named(steps), ['event message.sent', 'webhook message.sent', 'webhook message.sent'])
    const webhooks = steps.flatMap((step) => (step.step === 'webhook' ? [step] : []))
    assert.deepEqual(
      webhooks.map(({ status, httpStatus, sequence }) => [status, httpStatus, sequence]).sort(),
      [
        ['delivered', 204, 1],
        ['pending', 500, 1],
      ],
    )
    assert.ok(webhooks.some(({ endpointId }) => endpointId === id))
  })
})
