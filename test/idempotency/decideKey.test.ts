import assert from 'node:assert/strict'
import { decideKey, fingerprint, keepAnswer } from '../../src/idempotency/index.ts'
import type { KeyedRequest, KnownKeys } from '../../src/idempotency/index.ts'

const ANSWER = {
  identifier: '01890a5d-ac96-774b-bcce-b302099a8057',
  status: 202,
  body: Buffer.from('{"cost":1}'),
}

describe('the key of a request', () => {
  let known: KnownKeys
  beforeEach(() => (known = new Map()))

  const request = (other: Partial<KeyedRequest> & { text?: string } = {}): KeyedRequest => {
    const { text = 'hi', ...rest } = other
    const hash = fingerprint({ text })
    assert.ok(hash)
    return { userId: 1, route: 'POST /v1/messages', isTest: false, key: 'k1', fingerprint: hash, ...rest }
  }

  it('is new until an answer is kept, and then replays it', () => {
    assert.deepEqual(decideKey(known, request()), { kind: 'new' })
    assert.deepEqual(decideKey(known, request()), { kind: 'new' })
    keepAnswer(known, { ...request(), ...ANSWER })
    assert.deepEqual(decideKey(known, request()), { kind: 'replay', answer: ANSWER })
  })

  it('cannot be used for another request, one space more included', () => {
    keepAnswer(known, { ...request(), ...ANSWER })
    assert.deepEqual(decideKey(known, request({ text: 'hi ' })), { kind: 'reused' })
  })

  for (const [what, other] of [
    ['in another case', { key: 'K1' }],
    ['of another customer', { userId: 11 }],
    ['on another route', { route: 'POST /v1/messages/bulk' }],
    ['of a test', { isTest: true }],
  ] as const)
    it(`is another key ${what}`, () => {
      keepAnswer(known, { ...request(), ...ANSWER })
      assert.deepEqual(decideKey(known, request({ ...other, text: 'other' })), { kind: 'new' })
    })
})
