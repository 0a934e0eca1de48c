import assert from 'node:assert/strict'
import request from 'supertest'
import type { SendRequest, Decision } from '../../../src/messages/types.ts'
import { sendRoute, sendWithKeyRoute } from '../../../src/messages/routes/send.ts'
import type { SendLimits } from '../../../src/messages/routes/sendBody.ts'
import { OPEN_ACCESS } from '../../../src/primitives/access.ts'
import type { Access } from '../../../src/primitives/access.ts'
import { Unavailable } from '../../../src/primitives/unavailable.ts'
import { problemOf, testApp } from '../../support/app.ts'
import type { ProblemBody } from '../../support/app.ts'

const ID = '0190a7c2-58e1-7cc3-b1a4-1f7c0a1b2c3d'
const LIMITS: SendLimits = { recipientsMax: 10, textCharsMax: 1_600 }
const GOOD = { customer_id: 1, text: 'hi', recipients: ['09128582812', '091285284834'], type: 'normal' }

/** The route over a verb that gives one decision and keeps what it was asked. */
function sending(decision: Decision | Error, limits: SendLimits = LIMITS) {
  const asked: SendRequest[] = []
  const route = sendRoute((sent) => {
    asked.push(sent)
    return decision instanceof Error ? Promise.reject(decision) : Promise.resolve(decision)
  }, limits)
  const { app, log } = testApp([route])
  const post = (body: object | string) =>
    request(app).post('/sms/send').set('Content-Type', 'application/json').send(body)
  return { app, log, asked, post }
}

const ACCEPTED: Decision = { kind: 'accepted', smsIdentifier: ID, recipients: 2, cost: 2 }

describe('POST /sms/send', () => {
  it('200: answers with the identifier, the recipients without equal ones and the cost', async () => {
    const { asked, post, log } = sending(ACCEPTED)
    const body = { ...GOOD, recipients: ['+98912', '98912', '0912345'], extra: 'ignored' }
    const response = await post(body).expect(200)
    assert.deepEqual(response.body, { sms_identifier: ID, status: 'processing', recipients: 2, cost: 2 })
    assert.deepEqual(asked, [
      {
        ...{ userId: 1, text: 'hi', type: 'normal', recipients: ['+98912', '0912345'] },
        ...{ parts: 1, isTest: false, traceparent: undefined, partsLimit: undefined, keyed: undefined },
        ...{ spendLimits: undefined, onUnknown: undefined, sending: undefined },
      },
    ])
    const [line] = log.lines()
    assert.deepEqual([line?.['customer_id'], line?.['sms_identifier'], line?.['recipients']], [1, ID, 2])
    assert.ok(!log.text().includes('0912345') && !log.text().includes('"hi"'))
  })

  it('200: passes on the trace of the request, if it is one', async () => {
    const { app, asked } = sending(ACCEPTED)
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    await request(app).post('/sms/send').set('traceparent', traceparent).send(GOOD).expect(200)
    await request(app).post('/sms/send').set('traceparent', `${traceparent}-x`).send(GOOD).expect(200)
    assert.deepEqual(
      asked.map((sent) => sent.traceparent),
      [traceparent, undefined],
    )
  })

  it('200: takes the longest text, the most recipients and the largest customer', async () => {
    const { asked, post } = sending(ACCEPTED)
    const recipients = Array.from({ length: 10 }, (_, i) => `0912858281${i}`)
    const text = '😀'.repeat(1_600)
    await post({ customer_id: Number.MAX_SAFE_INTEGER, text, recipients, type: 'express' }).expect(200)
    assert.deepEqual(
      [asked[0]?.text, asked[0]?.recipients, asked[0]?.userId],
      [text, recipients, 2 ** 53 - 1],
    )
  })

  const WRONG: [string, object | string, string][] = [
    ['a missing customer_id', { ...GOOD, customer_id: undefined }, 'customer_id'],
    ['customer_id 0', { ...GOOD, customer_id: 0 }, 'customer_id'],
    ['a negative customer_id', { ...GOOD, customer_id: -1 }, 'customer_id'],
    ['a fractional customer_id', { ...GOOD, customer_id: 1.5 }, 'customer_id'],
    ['customer_id as text', { ...GOOD, customer_id: '1' }, 'customer_id'],
    ['customer_id null', { ...GOOD, customer_id: null }, 'customer_id'],
    ['customer_id true', { ...GOOD, customer_id: true }, 'customer_id'],
    ['customer_id 2^53+1, which JSON rounds', wire('customer_id', '9007199254740993'), 'customer_id'],
    ['customer_id 1e999', wire('customer_id', '1e999'), 'customer_id'],
    ['a missing text', { ...GOOD, text: undefined }, 'text'],
    ['an empty text', { ...GOOD, text: '' }, 'text'],
    ['a text too long', { ...GOOD, text: 'x'.repeat(1_601) }, 'text'],
    ['a text that is a number', { ...GOOD, text: 4711 }, 'text'],
    ['a text with NUL', { ...GOOD, text: 'a\0b' }, 'text'],
    ['a text with a lone surrogate', wire('text', '"\\ud83d"'), 'text'],
    ['missing recipients', { ...GOOD, recipients: undefined }, 'recipients'],
    ['no recipients', { ...GOOD, recipients: [] }, 'recipients'],
    ['recipients that are not a list', { ...GOOD, recipients: '09128582812' }, 'recipients'],
    ['recipients null', { ...GOOD, recipients: null }, 'recipients'],
    [
      'too many recipients, equal ones counted',
      { ...GOOD, recipients: Array(11).fill('0912858281') },
      'recipients',
    ],
    ['a recipient that is a number', { ...GOOD, recipients: ['12345', 12345] }, 'recipients[1]'],
    ['a recipient with letters', { ...GOOD, recipients: ['0912call'] }, 'recipients[0]'],
    ['a recipient with a line end', { ...GOOD, recipients: ['09128582812\n'] }, 'recipients[0]'],
    ['a recipient too short', { ...GOOD, recipients: ['12345', '12345', '12345', '1234'] }, 'recipients[3]'],
    ['an empty recipient', { ...GOOD, recipients: [''] }, 'recipients[0]'],
    ['a missing type', { ...GOOD, type: undefined }, 'type'],
    ['an unknown type', { ...GOOD, type: 'bulk' }, 'type'],
    ['a body that is a list', [GOOD], 'body'],
    ['no body at all', '', 'customer_id'],
  ]
  for (const [name, body, field] of WRONG) {
    it(`400: ${name} is named and changes nothing`, async () => {
      const { asked, post, log } = sending(ACCEPTED)
      const response = await post(body)
        .expect(400)
        .expect('Content-Type', /^application\/problem\+json/)
      const problem = JSON.parse(response.text) as ProblemBody
      assert.equal(problem.code, 'invalid_request')
      assert.equal(problem.errors?.[0]?.field, field)
      assert.ok(problem.detail.startsWith(`${field} `))
      assert.deepEqual(asked, [])
      assert.ok(!log.text().includes('0912858'))
    })
  }

  const NOT_A_LIST = 'must be an array of strings, such as ["09128582812"]'
  const NOT_A_RECIPIENT = 'must be a string of 5 to 15 digits, optionally after a +'
  for (const [name, recipients, field, message] of [
    ['a nested array', [['09128582812']], 'recipients[0]', NOT_A_RECIPIENT],
    ['an object', { 0: '09128582812', 2: '09128582813' }, 'recipients', NOT_A_LIST],
    ['an empty object', {}, 'recipients', NOT_A_LIST],
    ['a bare string', '09128582812', 'recipients', NOT_A_LIST],
    ['null', null, 'recipients', NOT_A_LIST],
    ['a number in the list', ['09128582812', 9128582812], 'recipients[1]', NOT_A_RECIPIENT],
    ['a number with an exponent', [9.12e9], 'recipients[0]', NOT_A_RECIPIENT],
    ['the text of such a number', ['9.12E+09'], 'recipients[0]', NOT_A_RECIPIENT],
    ['an object in the list', [{ to: '09128582812' }], 'recipients[0]', NOT_A_RECIPIENT],
    ['null in the list', [null], 'recipients[0]', NOT_A_RECIPIENT],
    ['an empty array', [], 'recipients', 'must contain at least one recipient'],
  ] as const) {
    it(`400: recipients as ${name}: says what is expected, and where`, async () => {
      const { asked, post } = sending(ACCEPTED)
      const problem = problemOf(await post({ ...GOOD, recipients }), 400, 'invalid_request')
      assert.deepEqual(problem.errors, [{ field, message }])
      assert.deepEqual(asked, [])
    })
  }

  it('400: every wrong field is listed, with the values it may have and the name it was probably given', async () => {
    const { post } = sending(ACCEPTED)
    const body = { user_id: 1, message: 'hi', recipient: ['09128582812'] }
    const problem = problemOf(await post(body), 400, 'invalid_request')
    const meant = (unknown: string, field: string) =>
      `is required ("${unknown}" is not a known field; did you mean "${field}"?)`
    assert.deepEqual(problem.errors, [
      { field: 'customer_id', message: meant('user_id', 'customer_id') },
      { field: 'text', message: meant('message', 'text') },
      { field: 'recipients', message: meant('recipient', 'recipients') },
      { field: 'type', message: 'is required and must be normal or express' },
    ])
  })

  it('400: malformed JSON', async () => {
    const { asked, post } = sending(ACCEPTED)
    const response = await post('{"customer_id":1,').expect(400)
    assert.equal((JSON.parse(response.text) as ProblemBody).code, 'malformed_body')
    assert.deepEqual(asked, [])
  })

  it('400: far too many recipients are counted, not listed one by one', async () => {
    const { post } = sending(ACCEPTED)
    const response = await post(`{"recipients":[${Array(49_000).fill(1).join(',')}]}`).expect(400)
    const { errors } = JSON.parse(response.text) as ProblemBody
    const about = errors?.filter(({ field }) => field.startsWith('recipients'))
    assert.deepEqual(about, [
      { field: 'recipients', message: 'must contain at most 10 recipients, got 49,000' },
    ])
  })

  it('400: a recipient outside the configured plan', async () => {
    const { post } = sending(ACCEPTED, { ...LIMITS, recipientPattern: /^(?:09[0-9]{9})$/u })
    await post({ ...GOOD, recipients: ['09128582812'] }).expect(200)
    const response = await post(GOOD).expect(400)
    assert.deepEqual((JSON.parse(response.text) as ProblemBody).errors, [
      { field: 'recipients[1]', message: 'does not match the allowed number format' },
    ])
  })

  it('402: says what the message costs, what the balance is and what is missing', async () => {
    const { post } = sending({ kind: 'insufficient_balance', cost: 6, balance: 5 })
    const response = await post(GOOD)
      .expect(402)
      .expect('Content-Type', /^application\/problem\+json/)
    const { code, detail, ...problem } = JSON.parse(response.text) as ProblemBody & Record<string, unknown>
    assert.deepEqual(
      [code, problem['cost'], problem['balance'], problem['shortfall']],
      ['insufficient_balance', 6, 5, 1],
    )
    assert.equal(detail, 'The balance of 5 is 1 short of the cost of 6. Nothing was charged.')
  })

  it('503: unavailable says when to try again', async () => {
    const { post } = sending({ kind: 'unavailable', retryAfterSeconds: 3 })
    const response = await post(GOOD).expect(503).expect('Retry-After', '3')
    assert.equal((JSON.parse(response.text) as ProblemBody).code, 'unavailable')
  })

  it('503: a balance that is locked elsewhere says so, and when to try again', async () => {
    const { post } = sending({ kind: 'account_locked' })
    const problem = problemOf(await post(GOOD).expect('Retry-After', '1'), 503, 'account_locked')
    assert.equal(
      problem.detail,
      "Another change to this customer's balance is in progress. Nothing was charged; retry.",
    )
  })

  it('503: overload says when to try again', async () => {
    const { post } = sending(
      new Unavailable('overloaded', 'Too many messages wait.', { retryAfterSeconds: 2 }),
    )
    const problem = problemOf(await post(GOOD).expect('Retry-After', '2'), 503, 'overloaded')
    assert.equal(problem.detail, 'Too many messages wait.')
  })

  it('503: an unknown outcome names the identifier to look up, and has no Retry-After', async () => {
    const { post } = sending({ kind: 'outcome_unknown', smsIdentifier: ID })
    const response = await post(GOOD).expect(503)
    const problem = JSON.parse(response.text) as ProblemBody & { sms_identifier: string }
    assert.deepEqual([problem.code, problem.sms_identifier], ['outcome_unknown', ID])
    assert.equal(response.get('Retry-After'), undefined)
  })
})

describe('POST /sms/send where numbers have a region', () => {
  const LIMITS_IR: SendLimits = { ...LIMITS, region: 'IR' }

  it('200: every form of a number is one recipient', async () => {
    const { asked, post } = sending(ACCEPTED, LIMITS_IR)
    const recipients = [
      ...['09120000001', '+989120000001', '00989120000001', '989120000001', '9120000001', '۰۹۱۲۰۰۰۰۰۰۱'],
      ...['+98 (912) 000-0001', '\u2068٠٩١٢٠٠٠٠٠٠١\u2069', '09120000002'],
    ]
    await post({ ...GOOD, recipients }).expect(200)
    assert.deepEqual(asked[0]?.recipients, ['+989120000001', '+989120000002'])
  })

  it('200: without a region they stay as they are written', async () => {
    const { asked, post } = sending(ACCEPTED)
    const recipients = ['09120000001', '+989120000001']
    await post({ ...GOOD, recipients }).expect(200)
    assert.deepEqual(asked[0]?.recipients, recipients)
    await post({ ...GOOD, recipients: ['۰۹۱۲۰۰۰۰۰۰۱'] }).expect(400)
  })

  it('400: names each that is no number, and each outside the configured plan', async () => {
    const { asked, post } = sending(ACCEPTED, { ...LIMITS_IR, recipientPattern: /^(?:\+98[0-9]{10})$/u })
    const recipients = ['0912 000 0001', '0912call', '+14155550100', 9120000001]
    const first = problemOf(await post({ ...GOOD, recipients }), 400, 'invalid_request')
    assert.deepEqual(
      first.errors?.map(({ field }) => field),
      ['recipients[3]'],
    )
    recipients.pop()
    const problem = problemOf(await post({ ...GOOD, recipients }), 400, 'invalid_request')
    assert.deepEqual(problem.errors, [
      {
        field: 'recipients[1]',
        message: 'must be a telephone number: digits, optionally after a +, with spaces, dashes or brackets',
      },
      { field: 'recipients[2]', message: 'does not match the allowed number format' },
    ])
    assert.deepEqual(asked, [])
  })
})

describe('POST /v1/sms/send', () => {
  const post = (body: object, authorize?: () => Access) => {
    const asked: SendRequest[] = []
    const route = sendWithKeyRoute((sent) => {
      asked.push(sent)
      return Promise.resolve(ACCEPTED)
    }, LIMITS)
    const { app } = testApp([route], authorize ? { authorize } : {})
    return { asked, sent: request(app).post('/v1/sms/send').set('Idempotency-Key', 'k1').send(body) }
  }

  it("200: is seed 003's send, with the same names for keys", async () => {
    const { asked, sent } = post(GOOD)
    const { body } = await sent.expect(200)
    assert.deepEqual(body, { sms_identifier: ID, status: 'processing', recipients: 2, cost: 2 })
    assert.deepEqual(asked[0]?.keyed?.request.route, 'sms/send')
  })

  it('400: refuses a member that it does not know', async () => {
    const { asked, sent } = post({ ...GOOD, send_at: '2027-03-01T09:00:00Z' })
    const problem = problemOf(await sent, 400, 'invalid_request')
    assert.deepEqual(problem.errors, [{ field: 'send_at', message: 'is not a known field' }])
    assert.deepEqual(asked, [])
  })

  it('asks for a key of the scope send, also where other routes are open', () => {
    const route = sendWithKeyRoute(() => Promise.resolve(ACCEPTED), LIMITS)
    assert.deepEqual([route.access, route.mayBeOpen], ['send', undefined])
  })

  it('marks what a test key sends', async () => {
    const { asked, sent } = post(GOOD, () => ({ ...OPEN_ACCESS, isTest: true }))
    assert.equal((await sent).status, 200)
    assert.equal(asked[0]?.isTest, true)
  })
})

/** A good body with one value written as no JavaScript program would write it. */
function wire(field: keyof typeof GOOD, value: string): string {
  return JSON.stringify({ ...GOOD, [field]: '@' }).replace('"@"', value)
}
