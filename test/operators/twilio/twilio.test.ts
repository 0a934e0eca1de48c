import assert from 'node:assert/strict'
import { interpretAnswer, meaningsByStatus } from '../../../src/operators/httpTemplate/interpret.ts'
import { compileAnswer } from '../../../src/operators/httpTemplate/decide.ts'
import { TWILIO_ANSWER } from '../../../src/operators/twilio/answer.ts'
import { twilioOptions } from '../../../src/operators/twilio/config.ts'
import { RECEIPTS_DEFAULT } from '../../../src/operators/index.ts'
import { twilioReceipts } from '../../../src/operators/twilio/receipts.ts'

describe('Twilio', () => {
  const interpret = (status: number, answer: object) =>
    interpretAnswer(
      {
        decide: compileAnswer(TWILIO_ANSWER, { namesParts: false }),
        meaningOfStatus: meaningsByStatus(TWILIO_ANSWER.statuses),
      },
      { sent: true, status, body: JSON.stringify(answer) },
    )
  const kindOf = (status: number, answer: object) => {
    const result = interpret(status, answer)
    return result.kind === 'answered' ? result.results[0]?.kind : result.kind
  }

  const CODES: [number, number, string][] = [
    [400, 21211, 'rejected'],
    [400, 21610, 'rejected'],
    [400, 21614, 'rejected'],
    [400, 21408, 'refused'],
    [400, 21606, 'refused'],
    [400, 21612, 'refused'],
    [400, 99999, 'refused'],
    [429, 20429, 'throttled'],
    [400, 21611, 'throttled'],
    [429, 99999, 'throttled'],
    [401, 20003, 'unavailable'],
    [403, 20005, 'unavailable'],
    [503, 20503, 'unavailable'],
    [500, 20500, 'unknown'],
  ]
  for (const [status, code, kind] of CODES) {
    it(`${status} with code ${code} is ${kind}`, () =>
      assert.equal(kindOf(status, { code, message: 'm', status }), kind))
  }

  it('takes a message under its sid', () => {
    assert.deepEqual(interpret(201, { sid: 'SM01', status: 'queued', error_code: null }), {
      ...{ kind: 'answered', unreadableIdentifiers: 0 },
      results: [{ kind: 'accepted', operatorMessageId: 'SM01' }],
    })
  })

  it('takes nothing for accepted that has no state of a message', () => {
    assert.equal(kindOf(201, { sid: 'SM01' }), 'unknown')
    assert.equal(kindOf(200, { sid: 'SM01', status: 'busy' }), 'unknown')
  })

  it("reads a callback's state and error", () => {
    const body = new URLSearchParams({
      ...{ SmsSid: 'SM01', SmsStatus: 'undelivered', MessageStatus: 'undelivered', To: '+15558675310' },
      ...{
        MessageSid: 'SM01',
        AccountSid: 'AC',
        From: '+15017122661',
        ErrorCode: '30005',
        ApiVersion: '2010-04-01',
      },
    })
    const read = (text: string) => twilioReceipts.read(Buffer.from(text), RECEIPTS_DEFAULT)
    const NOTHING = { reference: null, cause: null, doneAt: null, partNo: null }
    assert.deepEqual(read(body.toString()), {
      receipts: [{ ...NOTHING, operatorMessageId: 'SM01', verdict: 'undelivered', code: '30005' }],
    })
    const verdictOf = (status: string) => {
      const result = read(`MessageSid=SM01&MessageStatus=${status}`)
      return 'receipts' in result ? result.receipts[0]?.verdict : result.fault
    }
    assert.deepEqual(
      ['queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'canceled', 'new'].map(verdictOf),
      [null, null, null, 'delivered', 'delivered', 'undelivered', 'undelivered', null],
    )
    assert.deepEqual(read('MessageStatus=delivered'), { fault: 'names no message' })
  })

  describe('is configured', () => {
    const GOOD = { account_sid: `AC${'0'.repeat(32)}`, auth_token: 'token' }
    const faultsOf = (changes: object) =>
      (twilioOptions.safeParse({ ...GOOD, ...changes }).error?.issues ?? []).map(
        ({ path, message }) => `${path.join('.')}: ${message}`,
      )

    it('by its account alone', () => {
      const { url, apiKey, messagingServiceSid, statusCallback } = twilioOptions.parse(GOOD)
      assert.deepEqual(
        [url, apiKey, messagingServiceSid, statusCallback],
        ['https://api.twilio.com', null, null, null],
      )
    })

    it('with receipts where it calls back, and maps its codes to common causes', () => {
      assert.equal(twilioOptions.parse(GOOD).receipts, null)
      const { receipts } = twilioOptions.parse({
        ...{ ...GOOD, status_callback: 'https://sms.example/webhooks/twilio' },
        receipts: { error_codes: { '30008': 'handset_error' }, allowed_sources: ['192.0.2.0/24'] },
      })
      assert.deepEqual(
        [receipts?.causes['30003'], receipts?.causes['30008'], receipts?.allowedSources],
        ['absent_subscriber', 'handset_error', ['192.0.2.0/24']],
      )
    })

    for (const [changes, fault] of [
      [{ receipts: { secret: 'x'.repeat(16) } }, /^receipts: Unrecognized key/],
      [{ account_sid: 'AC1' }, /^account_sid: must be AC and 32/],
      [{ auth_token: '' }, /^auth_token: must be 1 to/],
      [{ api_key_sid: `SK${'0'.repeat(32)}` }, /^api_key_secret: is missing/],
      [{ api_key_secret: 'x' }, /^api_key_sid: is missing/],
      [{ status_callback: '/webhooks/twilio' }, /^status_callback: must be an http/],
      [{ status_callback: 'https://a.example/x y' }, /^status_callback: must be an http/],
      [{ status_callback: 'https://a.example/#x' }, /^status_callback: must be an http/],
      [{ region: 'de1' }, /Unrecognized key/],
    ] as const) {
      it(`not by ${JSON.stringify(changes)}`, () => {
        const faults = faultsOf(changes)
        assert.equal(faults.length, 1)
        assert.match(faults[0] ?? '', fault)
      })
    }
  })
})
