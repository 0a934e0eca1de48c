import assert from 'node:assert/strict'
import type { Exchange } from '../../../src/operators/http/exchange.ts'
import { compileRequest } from '../../../src/operators/httpTemplate/writeRequest.ts'
import { interpretStatus } from '../../../src/operators/httpTemplate/interpretStatus.ts'
import { faultsOf, templateOf } from './templateOf.ts'

const STATUS = {
  path: '/status/{reference}',
  at: '/state',
  identifier: '/id',
  ...{ taken: ['queued', 'sent'], not_taken: ['unknown'], not_taken_statuses: [404] },
}

describe('a status URL by configuration', () => {
  const read = (exchange: Partial<Exchange>) => {
    const { status } = templateOf({ status: STATUS })
    assert.ok(status)
    return interpretStatus(status, { sent: true, ...exchange })
  }

  it('is asked by our reference, with GET unless it says otherwise', () => {
    const options = templateOf({
      status: { ...STATUS, query: { key: '{secret.key}' } },
      secrets: { key: 'k&y' },
    })
    assert.ok(options.status)
    const write = compileRequest(options.status.request, '/api', options)
    const { method, path, body } = write({ reference: 'id:1', to: '+98912', from: null, text: 'hi' })
    assert.deepEqual([method, path, body], ['GET', '/api/status/id%3A1?key=k%26y', null])
  })

  it('says by listed words that the operator has the message, or has not', () => {
    const body = (state: string) => ({ status: 200, body: JSON.stringify({ state, id: 17 }) })
    assert.deepEqual(read(body('SENT')), { kind: 'taken', operatorMessageId: '17' })
    assert.deepEqual(read(body('unknown')), { kind: 'not_taken' })
    assert.deepEqual(read(body('lost')), { kind: 'not_known', reason: 'it does not know' })
    assert.deepEqual(read({ status: 404, body: '' }), { kind: 'not_taken' })
  })

  it('says nothing by what is not listed, and fails by what is no answer', () => {
    assert.deepEqual(read({ status: 200, body: 'oops' }), { kind: 'not_known', reason: 'it does not know' })
    assert.deepEqual(read({ status: 403, body: '{"state":"sent"}' }), {
      kind: 'not_known',
      reason: 'HTTP 403',
    })
    assert.deepEqual(read({ status: 502, body: '' }), { fault: 'HTTP 502' })
    assert.deepEqual(read({ fault: 'ECONNRESET' }), { fault: 'ECONNRESET' })
  })

  it('is refused without our reference, with a word of both meanings, and with a body under GET', () => {
    assert.deepEqual(faultsOf({ status: { ...STATUS, path: '/status' } }), ['status: must use {reference}'])
    assert.deepEqual(faultsOf({ status: { ...STATUS, not_taken: ['Sent'] } }), ['status: lists "Sent" twice'])
    assert.deepEqual(faultsOf({ status: { ...STATUS, json: {} } }), [
      'status.method: must not be GET with form or json',
    ])
    assert.deepEqual(faultsOf({ status: { ...STATUS, not_taken_statuses: [500] } }).length, 1)
  })
})
