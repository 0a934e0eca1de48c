import assert from 'node:assert/strict'
import { RECEIPTS_DEFAULT } from '../../../src/operators/index.ts'
import { encodeReceipt, httpReceipts, RECEIPTS_MAX } from '../../../src/operators/http/receipts.ts'

const REFERENCE = '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043:1'

describe('receipts over HTTP', () => {
  const read = (raw: string) => {
    const result = httpReceipts.read(Buffer.from(raw), RECEIPTS_DEFAULT)
    return 'fault' in result ? [] : result.receipts
  }
  const one = (receipt: object) => read(JSON.stringify(receipt))[0]
  const pack = (body: string) =>
    httpReceipts.pack(
      { query: '', contentType: 'application/json', body: Buffer.from(body) },
      RECEIPTS_DEFAULT,
    )

  it('say whether a message was delivered, by our reference or the identifier of the operator', () => {
    assert.deepEqual(
      one({
        reference: REFERENCE,
        status: 'undelivered',
        error_code: 27,
        done_at: '2026-01-19T12:01:04+03:30',
      }),
      {
        ...{ reference: REFERENCE, operatorMessageId: null, verdict: 'undelivered', code: '27', cause: null },
        ...{ doneAt: new Date('2026-01-19T08:31:04Z'), partNo: null },
      },
    )
    assert.equal(one({ message_id: ' 0017 ', status: 'delivered' })?.operatorMessageId, '0017')
    assert.equal(
      read('{"message_id":18858926273619457,"status":"delivered"}')[0]?.operatorMessageId,
      '18858926273619457',
    )
  })

  it('have their status in any case, and as SMPP abbreviates it', () => {
    const verdicts = (...statuses: string[]) =>
      statuses.map((status) => one({ reference: 'x', status })?.verdict)
    assert.deepEqual(verdicts('delivered', 'DELIVRD', ' Delivered '), ['delivered', 'delivered', 'delivered'])
    const undelivered = ['UNDELIV', 'EXPIRED', 'DELETED', 'REJECTD', 'rejected', 'failed', 'undelivered']
    for (const verdict of verdicts(...undelivered)) assert.equal(verdict, 'undelivered')
    const pending = ['ENROUTE', 'ACCEPTD', 'BUFFRED', 'accepted', 'sent', 'UNKNOWN']
    for (const verdict of verdicts(...pending)) assert.equal(verdict, null)
    assert.deepEqual(verdicts('elsewhere', '', 'constructor'), [undefined, undefined, undefined])
  })

  it('read `err:0000`, `err:00B` and a blank before the code', () => {
    const codes = ['0000', '00B', ' 0'].map(
      (error_code) => one({ reference: 'x', status: 'failed', error_code })?.code,
    )
    assert.deepEqual(codes, ['0000', '00B', '0'])
  })

  it('are not void because of a member that decides nothing', () => {
    const receipt = { reference: 'x', status: 'delivered', error_code: {}, done_at: 'yesterday', more: 1 }
    const { verdict, code, doneAt } = one(receipt) ?? {}
    assert.deepEqual([verdict, code, doneAt], ['delivered', null, null])
  })

  it('that say nothing of any message cannot be read', () => {
    for (const raw of [
      '{',
      'null',
      '{}',
      '{"status":"delivered"}',
      '{"reference":"x","status":"constructor"}',
      '{"reference":"x","status":"__proto__"}',
      '{"reference":"x"}',
      '[[]]',
      'id:1 stat:DELIVRD',
    ])
      assert.deepEqual(httpReceipts.read(Buffer.from(raw), RECEIPTS_DEFAULT), { fault: 'unreadable' }, raw)
  })

  it('come alone or in an array of bounded length, and are stored as they came', () => {
    const body = '{ "reference": "x",  "status": "elsewhere" }'
    assert.deepEqual(pack(body), { raw: Buffer.from(body) })
    const many = (count: number) => JSON.stringify(Array.from({ length: count }, () => ({})))
    assert.ok('raw' in pack(many(RECEIPTS_MAX)))
    for (const wrong of ['', '{', '7', 'null', '[]', '[1]', '[[]]', '[{},null]', many(RECEIPTS_MAX + 1)])
      assert.ok('fault' in pack(wrong), wrong)
  })

  it('keep their meaning when one of an array is stored by itself', () => {
    for (const receipt of [
      { reference: REFERENCE, status: 'delivered' },
      { message_id: '00B8BE19', status: 'expired', error_code: '1', done_at: '2026-01-19T08:31:04.000Z' },
      { reference: 'x', message_id: 'y', status: 'undelivered' },
      { message_id: 'z', status: 'enroute' },
    ]) {
      const before = one(receipt)
      assert.ok(before)
      assert.deepEqual(httpReceipts.read(encodeReceipt(before), RECEIPTS_DEFAULT), { receipts: [before] })
    }
  })
})
