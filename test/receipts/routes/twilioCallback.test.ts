import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { RECEIPTS_DEFAULT } from '../../../src/operators/index.ts'
import { Unavailable } from '../../../src/primitives/unavailable.ts'
import type { CallbackSender } from '../../../src/receipts/index.ts'
import { problemOf } from '../../support/app.ts'
import { serveReceipts } from './serveReceipts.ts'

const PATH = '/webhooks/twilio'
/** Of Twilio's documentation: the token 12345, and this signature over this form at this address. */
const DOCUMENTED = {
  url: 'https://mycompany.com/myapp.php?foo=1&bar=2',
  form: 'CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212',
  signature: 'RSOYDt4T1cUTdK1PDd93/VVr8B8=',
}
const FORM = 'SmsSid=SM01&MessageSid=SM01&MessageStatus=delivered&To=%2B989120000001&ErrorCode='

describe('POST /webhooks/twilio', () => {
  const sender = (changes: Partial<CallbackSender> = {}): CallbackSender => ({
    ...{ name: 'twilio', protocol: 'twilio', receipts: RECEIPTS_DEFAULT },
    ...{ authToken: '12345', url: DOCUMENTED.url },
    ...changes,
  })
  const serve = (callbacks = [sender()], more: { store?: () => Promise<void>; source?: string } = {}) => {
    const served = serveReceipts({ callbacks, ...more })
    const post = (form: string, signature: string, type = 'application/x-www-form-urlencoded') =>
      served.app.post(PATH).set('Content-Type', type).set('X-Twilio-Signature', signature).send(form)
    return { ...served, post }
  }
  /** As Twilio signs: the names in order, each with its value. */
  const sign = (form: string, { authToken, url }: CallbackSender) => {
    const pairs = [...new URLSearchParams(form)].sort(([a], [b]) => (a < b ? -1 : 1))
    return createHmac('sha1', authToken)
      .update(url + pairs.flat().join(''))
      .digest('base64')
  }

  it("204: stores the form as it came, under the signature of Twilio's documentation", async () => {
    const { post, stored } = serve()
    const answer = await post(DOCUMENTED.form, DOCUMENTED.signature).expect(204)
    assert.deepEqual([answer.text, answer.get('Content-Type')], ['', undefined])
    await post(FORM, sign(FORM, sender()), 'application/x-www-form-urlencoded; charset=UTF-8').expect(204)
    assert.deepEqual(
      stored,
      [DOCUMENTED.form, FORM].map((raw) => ({ operator: 'twilio', protocol: 'twilio', raw })),
    )
  })

  it('403: stores nothing under a wrong signature or none, and counts it', async () => {
    const { app, post, stored, refused } = serve()
    const right = sign(FORM, sender())
    for (const [form, signature] of [
      [FORM, ''],
      [FORM, `${right} `.replace('=', 'A')],
      [FORM, sign(FORM, sender({ authToken: '12346' }))],
      [FORM, sign(FORM, sender({ url: 'https://mycompany.com/myapp.php' }))],
      [FORM.replace('delivered', 'undelivered'), right],
      [`${FORM}&ErrorCode=30003`, right],
    ] as const)
      problemOf(await post(form, signature), 403, 'invalid_signature')
    problemOf(await app.post(PATH).type('form').send(FORM), 403, 'invalid_signature')
    assert.deepEqual([stored, new Set(refused).size, refused.length], [[], 1, 7])
  })

  it('403: has no operators without one that calls back, and takes none of another address', async () => {
    problemOf(await serve([]).post(FORM, sign(FORM, sender())), 403, 'invalid_signature')
    const receipts = { ...RECEIPTS_DEFAULT, allowedSources: ['192.0.2.0/28'] }
    const { post, stored } = serve([sender({ receipts })], { source: '192.0.2.99' })
    problemOf(await post(FORM, sign(FORM, sender())), 403, 'source_not_allowed')
    assert.deepEqual(stored, [])
  })

  it('tells operators apart by their tokens and addresses', async () => {
    const url = 'https://sms.example/webhooks/twilio?operator=second'
    const [first, second, third] = [
      sender({ name: 'first' }),
      sender({ name: 'second', url }),
      sender({ name: 'third', authToken: '67890' }),
    ]
    const { post, stored } = serve([first, second, third])
    for (const each of [third, first, second]) await post(FORM, sign(FORM, each)).expect(204)
    assert.deepEqual(
      stored.map(({ operator }) => operator),
      ['third', 'first', 'second'],
    )
  })

  it('415: takes no other type than a form', async () => {
    const { post, stored } = serve()
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded-not'])
      problemOf(await post(FORM, sign(FORM, sender()), type), 415, 'unsupported_media_type')
    assert.deepEqual(stored, [])
  })

  it('413: bounds the form', async () => {
    const form = `${FORM}&Body=${'x'.repeat(70_000)}`
    problemOf(await serve().post(form, sign(form, sender())), 413, 'body_too_large')
  })

  it('503: is not answered with 204 unless it is stored', async () => {
    const store = () => Promise.reject(new Unavailable('database_unavailable', 'Not now.'))
    problemOf(
      await serve([sender()], { store }).post(FORM, sign(FORM, sender())),
      503,
      'database_unavailable',
    )
  })
})
