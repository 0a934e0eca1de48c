import assert from 'node:assert/strict'
import request from 'supertest'
import { priceRequest } from '../../../src/messages/index.ts'
import { quoteRoute } from '../../../src/messages/routes/quote.ts'
import type { V1Limits } from '../../../src/messages/routes/v1Fields.ts'
import { keyRequired, missingScope } from '../../../src/platform/http/index.ts'
import type { Access } from '../../../src/primitives/access.ts'
import { NO_TARIFFS } from '../../../src/tariffs/index.ts'
import type { RequestPrice } from '../../../src/tariffs/index.ts'
import { accessOf } from '../../accounts/accessOf.ts'
import { problemOf, testApp } from '../../support/app.ts'

const LIMITS: V1Limits = { recipientsMax: 30, partsMax: 10 }
const PRICES = { normal: 1, express: 3 }

interface QuoteParts {
  limits?: V1Limits
  price?: RequestPrice
  authorize?: () => Access
}

/** The route over real prices, for a customer that has 100. */
function quoting({ limits = LIMITS, price, authorize = () => accessOf() }: QuoteParts = {}) {
  const route = quoteRoute({
    price: (query) => price ?? priceRequest({ tariffs: NO_TARIFFS, prices: PRICES }, { ...query, atMs: 0 }),
    readCredit: () => Promise.resolve({ balance: 100 }),
    limits,
  })
  const { app, log } = testApp([route], { authorize })
  const post = (body: object | string) =>
    request(app).post('/v1/messages/quote').set('Content-Type', 'application/json').send(body)
  return { log, post }
}

describe('POST /v1/messages/quote', () => {
  it('200: prices the recipients and shows the parts', async () => {
    const { log, post } = quoting()
    const { body } = await post({
      to: ['+989120000001', '989120000001', '+14155550100'],
      text: 'hi',
      type: 'express',
    })
    assert.deepEqual(body, {
      ...{ recipients: 2, parts: 1, encoding: 'gsm7', cost: 6, balance_after: 94 },
      ...{ segments: ['hi'], ucs2_because: [] },
    })
    assert.ok(!log.text().includes('0000001') && !log.text().includes('"hi"'))
  })

  it('200: says which characters make the text UCS-2, and what smart encoding changes', async () => {
    const { post } = quoting()
    const quote = { to: '+14155550100', text: `“Hi” ${'a'.repeat(70)}` }
    const { body } = await post(quote)
    const { encoding, parts, ucs2_because } = body as Record<string, unknown>
    assert.deepEqual([encoding, parts], ['ucs2', 2])
    assert.deepEqual(ucs2_because, [
      { character: '“', code_point: 'U+201C', position: 0 },
      { character: '”', code_point: 'U+201D', position: 3 },
    ])
    const smart = (await post({ ...quote, smart_encoding: true })).body as Record<string, unknown>
    assert.deepEqual([smart['encoding'], smart['parts'], smart['ucs2_because']], ['gsm7', 1, []])
    assert.deepEqual(smart['segments'], [`"Hi" ${'a'.repeat(70)}`])
  })

  it('200: shows the price of each recipient where prices differ, and a balance that does not suffice', async () => {
    const AT_ACCEPTANCE = { charging: 'acceptance', receiptWaitSeconds: null } as const
    const recipients = [
      { recipient: '+989120000001', price: 5, tariffId: 1, ...AT_ACCEPTANCE },
      { recipient: '+14155550100', price: 100, tariffId: 2, ...AT_ACCEPTANCE },
    ]
    const { post } = quoting({ price: { cost: 105, recipients, differs: true } })
    const { body } = await post({ to: ['+989120000001', '+14155550100'], text: 'hi' }).expect(200)
    const { balance_after, prices } = body as Record<string, unknown>
    assert.equal(balance_after, -5)
    assert.deepEqual(prices, [
      { to: '+989120000001', price: 5 },
      { to: '+14155550100', price: 100 },
    ])
  })

  it('200: reads numbers of the region', async () => {
    const { post } = quoting({ limits: { ...LIMITS, region: 'IR' } })
    const { body } = await post({ to: ['09120000001', '۰۹۱۲۰۰۰۰۰۰۱', '+989120000001'], text: 'hi' }).expect(
      200,
    )
    assert.equal((body as { recipients: number }).recipients, 1)
  })

  const GOOD = { to: '+14155550100', text: 'hi' }
  const WRONG: [string, object, string[]][] = [
    ['no recipient', { text: 'hi' }, ['to']],
    ['an empty list', { ...GOOD, to: [] }, ['to']],
    ['a number that is a JSON number', { ...GOOD, to: 989120000001 }, ['to']],
    ['JSON numbers in the list', { ...GOOD, to: ['+14155550100', 9.12e9, null] }, ['to[1]', 'to[2]']],
    ['a nested list', { ...GOOD, to: [['+14155550100']] }, ['to[0]']],
    ['an object', { ...GOOD, to: { 0: '+14155550100' } }, ['to']],
    ['more recipients than are allowed', { ...GOOD, to: Array<string>(31).fill('+14155550100') }, ['to']],
    ['a wrong number', { ...GOOD, to: ['+14155550100', '9.12E+09'] }, ['to[1]']],
    ['an empty text', { ...GOOD, text: '' }, ['text']],
    ['a text with NUL', { ...GOOD, text: 'a\0' }, ['text']],
    ['eleven parts', { ...GOOD, text: 'a'.repeat(1_531) }, ['text']],
    ['another class', { ...GOOD, type: 'bulk' }, ['type']],
    ['a text for smart_encoding', { ...GOOD, smart_encoding: 'true' }, ['smart_encoding']],
    ['an unknown member', { ...GOOD, smart_encodng: true }, ['smart_encodng']],
    ['the list under its other name', { text: 'hi', recipients: ['+14155550100'] }, ['to']],
  ]
  for (const [what, body, fields] of WRONG)
    it(`400: refuses ${what}`, async () => {
      const problem = problemOf(await quoting().post(body), 400, 'invalid_request')
      assert.deepEqual(problem.errors?.map(({ field }) => field).sort(), fields.sort())
    })

  it('400: counts the parts that are too many, and guesses what was meant', async () => {
    const { post } = quoting()
    const long = problemOf(await post({ ...GOOD, text: 'ی'.repeat(671) }), 400, 'invalid_request')
    assert.match(long.detail, /must fit into 10 parts, takes 11 in UCS-2/)
    const meant = problemOf(await post({ text: 'hi', recipients: ['+14155550100'] }), 400, 'invalid_request')
    assert.match(meant.errors?.find(({ field }) => field === 'to')?.message ?? '', /did you mean "to"\?/)
  })

  it('401, 403: needs a key with the scope send', async () => {
    const refuse = (problem: Error) => () => {
      throw problem
    }
    problemOf(await quoting({ authorize: refuse(keyRequired()) }).post(GOOD), 401, 'key_required')
    problemOf(await quoting({ authorize: refuse(missingScope('send')) }).post(GOOD), 403, 'missing_scope')
  })
})
