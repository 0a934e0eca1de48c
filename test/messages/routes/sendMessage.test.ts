import assert from 'node:assert/strict'
import request from 'supertest'
import type { Response } from 'supertest'
import { perMinute } from '../../../src/limits/index.ts'
import { sendMessageRoute } from '../../../src/messages/routes/sendMessage.ts'
import type { SendMessageContext } from '../../../src/messages/routes/sendMessage.ts'
import type { Decision, SendRequest } from '../../../src/messages/types.ts'
import type { Access } from '../../../src/primitives/access.ts'
import { problemOf, testApp } from '../../support/app.ts'

const ID = '0190a7c2-58e1-7cc3-b1a4-1f7c0a1b2c3d'
const NOW_MS = Date.parse('2027-03-01T00:00:00Z')
const GOOD = { to: '+989120000001', text: 'hi' }
const CUSTOMER: Access = {
  customer: {
    ...{ userId: 7, publicId: ID, name: 'Example Ltd', tier: 'free' },
    ...{ partsPerMinute: null, partsBurst: null, requestsPerSecond: null },
    allowedSenders: null,
    onUnknown: null,
    normalWeight: 1,
    sendingPartsPerSecond: null,
    sendingWindow: null,
    ...{ guaranteedWithinMs: null, hedge: false },
    ...{ spendPerDay: null, spendPerMonth: null },
  },
  ...{ isAdmin: false, isTest: false, isOpen: false, actor: 'key' },
}

/** The route over a verb that gives one decision and keeps what it was asked. */
function sending(decision?: Decision, limits: Partial<SendMessageContext['limits']> = {}, access = CUSTOMER) {
  const asked: SendRequest[] = []
  const route = sendMessageRoute({
    accept: (sent) => {
      asked.push(sent)
      const { recipients } = sent
      return Promise.resolve(
        decision ?? {
          kind: 'accepted',
          smsIdentifier: ID,
          recipients: recipients.length,
          cost: recipients.length,
        },
      )
    },
    limits: { recipientsMax: 10, partsMax: 3, ...limits },
    nowMs: () => NOW_MS,
  })
  const { app, log } = testApp([route], { authorize: () => access })
  const post = (body: object, headers: Record<string, string> = {}) =>
    request(app).post('/v1/messages').set(headers).send(body)
  return { log, asked, post }
}

describe('POST /v1/messages', () => {
  it('202: accepts one number for the customer of the key, within its limit', async () => {
    const { asked, post } = sending()
    const response = await post(GOOD).expect(202)
    assert.deepEqual(response.body, {
      ...{ message_id: ID, status: 'QUEUED', recipients: 1, parts: 1, encoding: 'gsm7', cost: 1 },
    })
    const [sent] = asked
    assert.deepEqual([sent?.userId, sent?.type, sent?.recipients], [7, 'normal', ['+989120000001']])
    assert.deepEqual([sent?.partsLimit?.units, sent?.sendAt, sent?.keyed], [60, undefined, undefined])
  })

  it('202: reads numbers in any writing with a region, equal ones once', async () => {
    const { asked, post } = sending(undefined, { region: 'IR' })
    const to = ['09120000001', '+98 (912) 000-0001', '۰۹۱۲۰۰۰۰۰۰۱', '00989120000002']
    assert.equal((await post({ ...GOOD, to }).expect(202)).body['recipients'], 2)
    assert.deepEqual(asked[0]?.recipients, ['+989120000001', '+989120000002'])
  })

  it('202: counts the parts of the text that is sent', async () => {
    const { asked, post } = sending()
    const text = '“Hi” ' + 'a'.repeat(100)
    const plain = await post({ ...GOOD, text }).expect(202)
    const smart = await post({ ...GOOD, text, smart_encoding: true }).expect(202)
    assert.deepEqual([plain.body['parts'], plain.body['encoding']], [2, 'ucs2'])
    assert.deepEqual([smart.body['parts'], smart.body['encoding']], [1, 'gsm7'])
    assert.deepEqual(
      asked.map(({ text: sent, parts }) => [sent === text, parts]),
      [
        [true, 2],
        [false, 1],
      ],
    )
  })

  it('202: schedules a message', async () => {
    const { asked, post } = sending()
    const response = await post({ ...GOOD, send_at: '2027-03-01T09:00:00+03:30' }).expect(202)
    assert.equal(response.body['status'], 'SCHEDULED')
    assert.equal(asked[0]?.sendAt?.toISOString(), '2027-03-01T05:30:00.000Z')
  })

  it('202: passes on whom it is from, what the customer calls it, and how long it may wait', async () => {
    const { asked, post } = sending()
    await post({
      ...{ ...GOOD, from: 'My Shop', client_reference: 'order 1843 🚚', tags: ['a', 'B'] },
      expires_in_seconds: 60,
    }).expect(202)
    await post({ ...GOOD, from: '+989120000009', expires_in_seconds: 86_400 }).expect(202)
    await post(GOOD).expect(202)
    assert.deepEqual(
      asked.map(({ sender, clientReference, tags, expiresInSeconds }) => {
        return [sender, clientReference, tags, expiresInSeconds]
      }),
      [
        ['My Shop', 'order 1843 🚚', ['a', 'B'], 60],
        ['+989120000009', undefined, undefined, 86_400],
        [undefined, undefined, undefined, undefined],
      ],
    )
  })

  it('202: keeps how a number was written where that differs', async () => {
    const { asked, post } = sending(undefined, { region: 'IR' })
    await post({ ...GOOD, to: ['+989120000001', '۰۹۱۲۰۰۰۰۰۰۲'] }).expect(202)
    await post({ ...GOOD, to: ['+989120000001'] }).expect(202)
    assert.deepEqual(asked[0]?.recipients, ['+989120000001', '+989120000002'])
    assert.deepEqual(
      asked.map(({ givenTo }) => givenTo),
      [[null, '۰۹۱۲۰۰۰۰۰۰۲'], undefined],
    )
  })

  it('202, 403: takes the senders that the customer may name, and no other', async () => {
    const { customer } = CUSTOMER
    assert.ok(customer)
    const bound = { ...CUSTOMER, customer: { ...customer, allowedSenders: ['Shop', '+989120000009'] } }
    const { asked, post } = sending(undefined, {}, bound)
    for (const from of ['Shop', '+989120000009']) await post({ ...GOOD, from }).expect(202)
    await post(GOOD).expect(202)
    assert.equal(asked.length, 3)
    for (const from of ['shop', 'Shops', '989120000009'])
      problemOf(await post({ ...GOOD, from }), 403, 'sender_not_allowed')
    assert.equal(asked.length, 3)
  })

  it('202: passes the idempotency key on with the answer that it stores, whatever the order of the members', async () => {
    const { asked, post } = sending()
    const response = await post({ to: '+989120000001', text: 'hi' }, { 'Idempotency-Key': 'k1' }).expect(202)
    await post({ text: 'hi', to: '+989120000001' }, { 'Idempotency-Key': '"k1"' }).expect(202)
    await post({ text: 'hi ', to: '+989120000001' }, { 'Idempotency-Key': 'k1' }).expect(202)
    const [first, second, third] = asked.map(({ keyed }) => keyed)
    assert.deepEqual(first?.request, second?.request)
    assert.notDeepEqual(first?.request.fingerprint, third?.request.fingerprint)
    assert.deepEqual(
      [first?.request.userId, first?.request.route, first?.request.key, first?.request.isTest],
      [7, 'messages', 'k1', false],
    )
    const stored = first?.answerOf({ kind: 'accepted', smsIdentifier: ID, recipients: 1, cost: 1 })
    assert.deepEqual([stored?.status, stored?.body.toString()], [202, response.text])
  })

  it('202: gives a repeat the first answer byte for byte, and says so', async () => {
    const body = Buffer.from('{"message_id":"as it was"}')
    const { post } = sending({ kind: 'replayed', answer: { identifier: ID, status: 202, body } })
    const response = await post(GOOD, { 'Idempotency-Key': 'k1' }).expect(202)
    assert.deepEqual([response.text, response.headers['idempotent-replayed']], [body.toString(), 'true'])
  })

  for (const [what, body, field] of [
    ['a misspelt member', { ...GOOD, sendat: '2027-03-01T09:00:00Z' }, 'sendat'],
    ['a time without an offset', { ...GOOD, send_at: '2027-03-01T09:00:00' }, 'send_at'],
    ['a time in the past', { ...GOOD, send_at: '2027-02-28T09:00:00Z' }, 'send_at'],
    ['a date that does not exist', { ...GOOD, send_at: '2027-02-30T09:00:00Z' }, 'send_at'],
    ['more than 35 days', { ...GOOD, send_at: '2027-04-05T00:00:01Z' }, 'send_at'],
    ['a number as JSON number', { ...GOOD, to: 9_120_000_001 }, 'to'],
    ['an object for a list', { ...GOOD, to: { 0: '+989120000001' } }, 'to'],
    ['a nested list', { ...GOOD, to: [['+989120000001']] }, 'to[0]'],
    ['a wrong number in a list', { ...GOOD, to: ['+989120000001', '9.12E+09'] }, 'to[1]'],
    ['too many parts', { ...GOOD, text: 'a'.repeat(460) }, 'text'],
    ['half of a surrogate pair', { ...GOOD, text: 'a\ud83d' }, 'text'],
    ['a sender without a letter', { ...GOOD, from: '12 34' }, 'from'],
    ['a sender with an outer space', { ...GOOD, from: ' Shop' }, 'from'],
    ['a sender of twelve letters', { ...GOOD, from: 'abcdefghijkl' }, 'from'],
    ['a sender that is no text', { ...GOOD, from: 5 }, 'from'],
    ['an empty reference', { ...GOOD, client_reference: '' }, 'client_reference'],
    ['a reference of 65 characters', { ...GOOD, client_reference: '🚚'.repeat(65) }, 'client_reference'],
    ['a reference with NUL', { ...GOOD, client_reference: 'a\0' }, 'client_reference'],
    ['six tags', { ...GOOD, tags: ['a', 'b', 'c', 'd', 'e', 'f'] }, 'tags'],
    ['a tag twice', { ...GOOD, tags: ['a', 'a'] }, 'tags'],
    ['a tag that is empty', { ...GOOD, tags: [''] }, 'tags[0]'],
    ['a tag of 33 characters', { ...GOOD, tags: ['a', 'x'.repeat(33)] }, 'tags[1]'],
    ['tags that are no list', { ...GOOD, tags: 'a' }, 'tags'],
    ['a time to expire below a minute', { ...GOOD, expires_in_seconds: 59 }, 'expires_in_seconds'],
    ['a time to expire above a day', { ...GOOD, expires_in_seconds: 86_401 }, 'expires_in_seconds'],
    ['half a second to expire', { ...GOOD, expires_in_seconds: 60.5 }, 'expires_in_seconds'],
    ['a price below nothing', { ...GOOD, max_price: -1 }, 'max_price'],
  ] as const) {
    it(`400: names the field of ${what}, and accepts nothing`, async () => {
      const { asked, post } = sending()
      const problem = problemOf(await post(body), 400, 'invalid_request')
      assert.deepEqual(
        problem.errors?.map((error) => error.field),
        [field],
      )
      assert.deepEqual(asked, [])
    })
  }

  it('400: says how many tags a message may have', async () => {
    const problem = problemOf(await sending().post({ ...GOOD, tags: [...'abcdef'] }), 400, 'invalid_request')
    assert.equal(problem.detail, 'tags must contain at most 5 tags.')
  })

  for (const key of ['', 'a b', 'x'.repeat(256), '"open']) {
    it(`400: refuses the idempotency key ${JSON.stringify(key.slice(0, 8))}`, async () => {
      const { asked, post } = sending()
      problemOf(await post(GOOD, { 'Idempotency-Key': key }), 400, 'malformed_idempotency_key')
      assert.deepEqual(asked, [])
    })
  }

  it('asks for the first answer of a repeat before it refuses a sender that may no longer be named', async () => {
    const { customer } = CUSTOMER
    assert.ok(customer)
    const bound = { ...CUSTOMER, customer: { ...customer, allowedSenders: ['Shop'] } }
    const { asked, post } = sending(undefined, {}, bound)
    await post({ ...GOOD, from: 'Other' }, { 'Idempotency-Key': 'k1' })
    assert.equal(asked[0]?.refusal?.code, 'sender_not_allowed')
  })

  it('asks for the first answer of a repeat before it refuses a time that has passed or a price that has changed', async () => {
    const { asked, post } = sending()
    const past = { ...GOOD, send_at: '2027-02-28T09:00:00Z' }
    problemOf(await post(past), 400, 'invalid_request')
    assert.equal(asked.length, 0)
    await post(past, { 'Idempotency-Key': 'k1' })
    assert.equal(asked[0]?.refusal?.code, 'invalid_request')
  })

  it('202: marks what a test key sends, and keeps its idempotency keys apart', async () => {
    const keyed = { 'Idempotency-Key': 'k1' }
    for (const isTest of [true, false]) {
      const { asked, post } = sending(undefined, {}, { ...CUSTOMER, isTest })
      await post(GOOD, keyed).expect(202)
      assert.deepEqual([asked[0]?.isTest, asked[0]?.keyed?.request.isTest], [isTest, isTest])
    }
  })

  it('409: refuses what costs more than the request allows', async () => {
    const { asked, post } = sending({ kind: 'price_exceeded', cost: 6, maxPrice: 5 })
    const response = await post({ ...GOOD, max_price: 5 })
    problemOf(response, 409, 'price_exceeded')
    const { cost, max_price } = response.body as Record<string, unknown>
    assert.deepEqual([cost, max_price], [6, 5])
    assert.equal(asked[0]?.maxPrice, 5)
  })

  it('422: refuses a key that another request used', async () => {
    const { post } = sending({ kind: 'key_reused' })
    problemOf(await post(GOOD, { 'Idempotency-Key': 'k1' }), 422, 'idempotency_key_reused')
  })

  const PARTS_LEFT = { name: 'parts' as const, limit: perMinute(60, 30), remaining: 12, nextInSeconds: 1 }

  it('429: says in whole seconds how long to wait, and what the limit is', async () => {
    const { post } = sending({
      ...{ kind: 'rate_limit', retryAfterMs: 1_001, parts: 14, partsLeft: PARTS_LEFT },
    })
    const response = await post(GOOD)
    problemOf(response, 429, 'rate_limit')
    assert.equal(response.headers['retry-after'], '2')
    const { parts, per_minute, burst, retry_after_seconds } = response.body as Record<string, unknown>
    assert.deepEqual([parts, per_minute, burst, retry_after_seconds], [14, 60, 30, 2])
  })

  it('202, 429: shows the limit of parts and what is left of it, where there is one', async () => {
    const partsLeft = PARTS_LEFT
    const shown = ({ headers }: Response) => [headers['ratelimit-policy'], headers['ratelimit']]
    const wanted = ['"parts";q=60;qu="parts";w=60;chapar-burst=30', '"parts";r=12;t=1']
    const accepted = { kind: 'accepted' as const, smsIdentifier: ID, recipients: 1, cost: 1, partsLeft }
    assert.deepEqual(shown(await sending(accepted).post(GOOD).expect(202)), wanted)
    const refused = {
      ...{ kind: 'rate_limit' as const, retryAfterMs: 1_000, parts: 14, partsLeft },
    }
    assert.deepEqual(shown(await sending(refused).post(GOOD).expect(429)), wanted)
    assert.deepEqual(shown(await sending().post(GOOD).expect(202)), [undefined, undefined])
  })

  it('503: asks for a repeat when the outcome is unknown and a key makes it safe', async () => {
    const { post } = sending({ kind: 'outcome_unknown', smsIdentifier: ID })
    const keyed = await post(GOOD, { 'Idempotency-Key': 'k1' })
    problemOf(keyed, 503, 'outcome_unknown')
    assert.equal(keyed.headers['retry-after'], '1')
    assert.equal((await post(GOOD).expect(503)).headers['retry-after'], undefined)
  })
})
