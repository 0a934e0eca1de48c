import assert from 'node:assert/strict'
import request from 'supertest'
import { perMinute } from '../../../../src/limits/index.ts'
import type { BulkDecision, BulkItem, BulkRequest } from '../../../../src/messages/bulk/types.ts'
import { BULK_BODY_BYTES_MAX } from '../../../../src/messages/routes/bulk/bulkBody.ts'
import { sendBulkRoute } from '../../../../src/messages/routes/bulk/sendBulk.ts'
import type { SendBulkContext } from '../../../../src/messages/routes/bulk/sendBulk.ts'
import type { Access } from '../../../../src/primitives/access.ts'
import { Problem } from '../../../../src/primitives/problem.ts'
import { problemOf, testApp } from '../../../support/app.ts'

const ID = '0190a7c2-58e1-7cc3-b1a4-1f7c0a1b2c3d'
const BULK_ID = '0190a7c2-58e1-7cc3-b1a4-1f7c0a1b2c3e'
const NOW_MS = Date.parse('2027-03-01T00:00:00Z')
/** For which a bulk waits until its parts are read. */
const WAIT_MS = 20_000
const GOOD = { to: '+989120000001', text: 'hi' }
const CUSTOMER: Access = {
  customer: {
    ...{ userId: 7, publicId: ID, name: 'Example Ltd', tier: 'free' },
    ...{ partsPerMinute: null, partsBurst: null, requestsPerSecond: null },
    ...{
      spendPerDay: null,
      spendPerMonth: null,
      allowedSenders: null,
      onUnknown: null,
      normalWeight: 1,
      sendingPartsPerSecond: null,
      sendingWindow: null,
      ...{ guaranteedWithinMs: null, hedge: false },
    },
  },
  ...{ isAdmin: false, isTest: false, isOpen: false, actor: 'key' },
}

const DECIDED: BulkDecision = {
  ...{ kind: 'decided', bulkId: BULK_ID, isReplayed: false },
  outcomes: [
    { accepted: 1, refused: 0, cost: 3, results: [{ index: 0, message_id: ID }] },
    { accepted: 0, refused: 1, cost: 0, results: [{ index: 1, code: 'price_exceeded', detail: 'x' }] },
  ],
}

/** The route over a verb that gives one decision, and keeps what it was asked and what it read of the messages. */
function sending(
  decision: BulkDecision = DECIDED,
  limits: Partial<SendBulkContext['limits']> = {},
  access = CUSTOMER,
) {
  const clock = { nowMs: NOW_MS }
  const asked: { bulk: BulkRequest; items: BulkItem[] }[] = []
  const route = sendBulkRoute({
    acceptBulk: async (bulk) => {
      clock.nowMs += WAIT_MS
      const items = (await Promise.all(bulk.parts.map((part) => part.prepare()))).flat()
      asked.push({ bulk, items })
      return decision
    },
    limits: { recipientsMax: 10_000, partsMax: 3, ...limits },
    nowMs: () => clock.nowMs,
  })
  const { app, log } = testApp([route], { authorize: () => access })
  const post = (body: object, headers: Record<string, string> = {}) =>
    request(app).post('/v1/messages/bulk').set(headers).send(body)
  return { log, asked, post }
}

describe('POST /v1/messages/bulk', () => {
  it('202: answers with the results of all parts in order, and what they come to', async () => {
    const { post, log } = sending()
    const response = await post({ messages: [GOOD, GOOD] }).expect(202)
    assert.deepEqual(response.body, {
      ...{ bulk_id: BULK_ID, accepted: 1, refused: 1, cost: 3 },
      results: [
        { index: 0, message_id: ID },
        { index: 1, code: 'price_exceeded', detail: 'x' },
      ],
    })
    const [line] = log.lines()
    assert.deepEqual(
      [line?.['bulk_id'], line?.['messages'], line?.['accepted'], line?.['refused']],
      [BULK_ID, 2, 1, 1],
    )
  })

  it('202: reads each message as one alone, for the customer of the key', async () => {
    const { asked, post } = sending()
    const scheduled = { ...GOOD, send_at: '2027-03-01T09:00:00Z', type: 'express', max_price: 4 }
    await post({ messages: [GOOD, scheduled, { to: 1, text: '' }, null] }).expect(202)
    const [read] = asked
    const [first, second, third, fourth] = read?.items ?? []
    assert.ok(first && 'request' in first && second && 'request' in second)
    assert.deepEqual([first.request.userId, first.request.partsLimit?.units], [7, 60])
    assert.deepEqual([second.request.type, second.request.maxPrice], ['express', 4])
    assert.ok(third && 'problem' in third && fourth && 'problem' in fourth)
    assert.deepEqual(
      third.problem.errors.map(({ field }) => field),
      ['to', 'text'],
    )
    assert.equal(read?.bulk.lastSendAt?.toISOString(), '2027-03-01T09:00:00.000Z')
  })

  it('202: takes a time that was valid when the request arrived', async () => {
    const { asked, post } = sending()
    const soon = new Date(NOW_MS + WAIT_MS / 2).toISOString()
    const past = new Date(NOW_MS - 1).toISOString()
    await post({ messages: [soon, past].map((send_at) => ({ ...GOOD, send_at })) }).expect(202)
    const [first, second] = asked[0]?.items ?? []
    assert.ok(first && 'request' in first, 'it was refused as past')
    assert.equal(first.request.sendAt?.toISOString(), soon)
    assert.ok(second && 'problem' in second)
  })

  it('202: cuts 10,000 messages into parts of 500, and one part for all or nothing', async () => {
    const { asked, post } = sending()
    const messages = Array.from({ length: 10_000 }, () => GOOD)
    await post({ messages }).expect(202)
    await post({ messages, all_or_nothing: true }).expect(202)
    assert.deepEqual(
      asked.map(({ bulk }) => [bulk.parts.length, bulk.parts.at(-1)?.first, bulk.parts.at(-1)?.end]),
      [
        [20, 9_500, 10_000],
        [1, 0, 10_000],
      ],
    )
    assert.equal(asked[0]?.items.length, 10_000)
  })

  it('202: says that a repeat is one', async () => {
    const { post } = sending({ ...DECIDED, isReplayed: true })
    const response = await post({ messages: [GOOD] }, { 'Idempotency-Key': 'k1' }).expect(202)
    assert.equal(response.headers['idempotent-replayed'], 'true')
  })

  it('202: has a bulk_id of null when no message was accepted', async () => {
    const { post } = sending({ kind: 'decided', bulkId: null, outcomes: [], isReplayed: false })
    assert.equal((await post({ messages: [GOOD] }).expect(202)).body['bulk_id'], null)
  })

  it('202: passes the key on with the fingerprint of the body', async () => {
    const { asked, post } = sending()
    await post({ messages: [GOOD], all_or_nothing: true }, { 'Idempotency-Key': 'k1' })
    await post(
      { all_or_nothing: true, messages: [{ text: 'hi', to: GOOD.to }] },
      { 'Idempotency-Key': '"k1"' },
    )
    await post({ messages: [GOOD] }, { 'Idempotency-Key': 'k1' })
    const [first, second, third] = asked.map(({ bulk }) => bulk.keyed)
    assert.deepEqual(
      [first?.userId, first?.route, first?.key, first?.isTest],
      [7, 'messages/bulk', 'k1', false],
    )
    assert.deepEqual(first, second)
    assert.notDeepEqual(first?.fingerprint, third?.fingerprint)
  })

  it('202: takes a body above the limit of other routes', async () => {
    const { post } = sending()
    const text = 'a'.repeat(400)
    await post({ messages: Array.from({ length: 5_000 }, () => ({ ...GOOD, text })) }).expect(202)
  })

  for (const [what, body, field] of [
    ['no messages', {}, 'messages'],
    ['an empty list', { messages: [] }, 'messages'],
    ['an object for a list', { messages: { 0: GOOD } }, 'messages'],
    ['10,001 messages', { messages: Array.from({ length: 10_001 }, () => 1) }, 'messages'],
    ['a misspelt member', { messages: [GOOD], all_or_nothng: true }, 'all_or_nothng'],
    ['a text for all or nothing', { messages: [GOOD], all_or_nothing: 'yes' }, 'all_or_nothing'],
  ] as const) {
    it(`400: refuses ${what}, and accepts nothing`, async () => {
      const { asked, post } = sending()
      const problem = problemOf(await post(body), 400, 'invalid_request')
      assert.deepEqual(
        problem.errors?.map((each) => each.field),
        [field],
      )
      assert.equal(asked.length, 0)
    })
  }

  it('400: refuses more recipients together than one request may have', async () => {
    const { asked, post } = sending(DECIDED, { recipientsMax: 5 })
    const three = { ...GOOD, to: [GOOD.to, GOOD.to, GOOD.to] }
    const problem = problemOf(await post({ messages: [three, three] }), 400, 'invalid_request')
    assert.equal(problem.detail, 'messages must contain at most 5 recipients together, got 6.')
    assert.equal(asked.length, 0)
  })

  it('400: names the fields and the indexes, the first 20, when all or nothing is refused for them', async () => {
    const problem = (index: number) => ({
      index,
      refusal: new Problem(400, 'invalid_request', 'x', {
        errors: [{ field: 'to[1]', message: 'is wrong' }],
      }),
    })
    const items = Array.from({ length: 25 }, (_, index) => problem(index * 2))
    const { post } = sending({ kind: 'refused', items })
    const refused = problemOf(await post({ messages: [GOOD] }), 400, 'invalid_request')
    assert.equal(refused.errors?.length, 20)
    assert.deepEqual(refused.errors[1], { field: 'messages[2].to[1]', message: 'is wrong' })
    assert.equal(refused.errors_omitted, 5)
  })

  it('402: names the shortfall of all or nothing and the messages that are not covered', async () => {
    const items = [{ index: 3, refusal: { kind: 'insufficient_balance' as const, cost: 1, balance: 0 } }]
    const { post } = sending({ kind: 'short', cost: 6, balance: 5, items })
    const refused = problemOf(await post({ messages: [GOOD] }), 402, 'insufficient_balance')
    assert.deepEqual(
      refused.errors?.map(({ field }) => field),
      ['messages[3]'],
    )
    assert.match(refused.detail, /^The balance of 5 is 1 short of the cost of 6 of all messages/)
  })

  it('409: names the messages of all or nothing that cost too much', async () => {
    const dear = (index: number) => ({
      index,
      refusal: { kind: 'price_exceeded' as const, cost: 2, maxPrice: 1 },
    })
    const { post } = sending({ kind: 'refused', items: [dear(1), dear(4)] })
    const refused = problemOf(await post({ messages: [GOOD] }), 409, 'price_exceeded')
    assert.deepEqual(
      refused.errors?.map(({ field }) => field),
      ['messages[1]', 'messages[4]'],
    )
  })

  it('413: refuses a body above its own limit', async () => {
    const { post } = sending()
    problemOf(await post({ messages: ['a'.repeat(BULK_BODY_BYTES_MAX)] }), 413, 'body_too_large')
  })

  it('422: refuses a key that another request used', async () => {
    const { post } = sending({ kind: 'key_reused' })
    problemOf(await post({ messages: [GOOD] }, { 'Idempotency-Key': 'k1' }), 422, 'idempotency_key_reused')
  })

  it('429: says for how long all or nothing has to wait', async () => {
    const partsLeft = { name: 'parts' as const, limit: perMinute(60), remaining: 3, nextInSeconds: 1 }
    const { post } = sending({ kind: 'limited', retryAfterMs: 1_200, parts: 5, partsLeft })
    const response = await post({ messages: [GOOD] })
    problemOf(response, 429, 'rate_limit')
    assert.equal(response.headers['retry-after'], '2')
    assert.equal(response.headers['ratelimit'], '"parts";r=3;t=1')
    const { parts, per_minute, burst, retry_after_seconds } = response.body as Record<string, unknown>
    assert.deepEqual([parts, per_minute, burst, retry_after_seconds], [5, 60, 60, 2])
  })

  it('202: sends as a test, under keys of its own, what a test key sends', async () => {
    const { asked, post } = sending(DECIDED, {}, { ...CUSTOMER, isTest: true })
    await post({ messages: [GOOD] }, { 'Idempotency-Key': 'k1' }).expect(202)
    const [read] = asked
    const [first] = read?.items ?? []
    assert.ok(first && 'request' in first)
    assert.deepEqual([read?.bulk.isTest, first.request.isTest, read?.bulk.keyed?.isTest], [true, true, true])
  })
})
