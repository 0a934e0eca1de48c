import assert from 'node:assert/strict'
import { isFailure, throttlingIn } from '../../src/operators/callResult.ts'
import type { CallResult } from '../../src/operators/contract.ts'

const accepted: CallResult = { kind: 'answered', results: [{ kind: 'accepted', operatorMessageId: '1' }] }

describe('what a call says of the operator', () => {
  it('is throttling also when only a part of a message was throttled, and that was submitted again', () => {
    assert.equal(throttlingIn(accepted), undefined)
    assert.deepEqual(throttlingIn({ ...accepted, throttledParts: 1 }), { retryAfterMs: null })
    assert.equal(isFailure({ ...accepted, throttledParts: 1 }), false)
  })
})
