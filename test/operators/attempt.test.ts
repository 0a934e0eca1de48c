import assert from 'node:assert/strict'
import { VOLUME_THRESHOLD } from '../../src/operators/breaker.ts'
import type { CallResult, OperatorResult } from '../../src/operators/contract.ts'
import type { Attempt } from '../../src/operators/attempt.ts'
import { message, messages } from './messages.ts'
import {
  AWAY,
  BATCH_SIZE_MAX,
  FAILING,
  REJECTING,
  SILENT,
  ScriptedOperator,
  chokesOn,
  kinds,
} from './scriptedOperator.ts'

describe('a try at one operator', () => {
  let operator: ScriptedOperator
  beforeEach(() => {
    operator = new ScriptedOperator()
  })
  afterEach(() => operator.breaker.close())

  it('is one call when the operator answers, and each message has its own verdict', async () => {
    const outcomes: OperatorResult[] = [
      { kind: 'accepted', providerMessageId: 'x' },
      { kind: 'rejected', reason: 'bad number' },
      { kind: 'unavailable', reason: 'later' },
      { kind: 'unknown', reason: 'no answer' },
    ]
    operator.behave = () => ({ kind: 'answered', outcomes, operatorFailed: false })
    assert.deepEqual(await operator.attempt(messages(4)), [
      { outcome: outcomes[0], called: true, own: true },
      { outcome: outcomes[1], called: true, own: true },
      { outcome: outcomes[2], called: true, own: true },
      { outcome: outcomes[3], called: true, own: false },
    ])
    assert.deepEqual(operator.sizes, [4])
  })

  it('makes no call for an empty batch, and takes none that is too large', async () => {
    assert.deepEqual(await operator.attempt([]), [])
    await assert.rejects(operator.attempt(messages(BATCH_SIZE_MAX + 1)), RangeError)
    assert.deepEqual(operator.sizes, [])
  })

  it('never counts rejections against the operator', async () => {
    operator.behave = () => REJECTING
    for (let time = 0; time < 2 * VOLUME_THRESHOLD; time++) await operator.attempt(messages(3))
    assert.equal(operator.breaker.state(), 'closed')
  })

  it('takes what a call of one came to for its message, even when nothing is known', async () => {
    const ofOne: [CallResult, boolean][] = [
      [REJECTING, true],
      [FAILING, true],
      [AWAY, true],
      [SILENT, true],
    ]
    for (const [result, own] of ofOne) {
      operator.behave = () => result
      const [tried] = await operator.attempt([message()])
      assert.deepEqual([tried?.called, tried?.isSpecificToMessage], [true, own], result.kind)
    }
  })

  it('makes no call while the breaker is open', async () => {
    await operator.openBreaker()
    const tried = await operator.attempt(messages(3))
    assert.deepEqual(operator.sizes, [])
    const expected: Attempt = {
      outcome: { kind: 'unavailable', reason: 'breaker open' },
      called: false,
      isSpecificToMessage: false,
    }
    assert.deepEqual(tried, [expected, expected, expected])
  })

  it('calls a message unknown for which the adapter gave no outcome', async () => {
    operator.behave = () => ({
      kind: 'answered',
      outcomes: [{ kind: 'rejected', reason: 'x' }],
      operatorFailed: false,
    })
    assert.deepEqual(kinds(await operator.attempt(messages(2))), ['rejected', 'unknown'])
  })

  it('reports every call, and each message under one outcome at most', async () => {
    const batch = messages(4)
    operator.behave = chokesOn([batch[2]], REJECTING)
    await operator.attempt(batch)
    const none = { accepted: 0, rejected: 0, unavailable: 0, unknown: 0 }
    assert.deepEqual(
      operator.calls.map(({ durationMs, ...fact }) => {
        assert.ok(durationMs >= 0)
        return fact
      }),
      [
        { operator: 'a', messages: 4, result: 'refused', operatorFailed: false, outcomes: none },
        {
          operator: 'a',
          messages: 2,
          result: 'answered',
          operatorFailed: false,
          outcomes: { ...none, accepted: 2 },
        },
        { operator: 'a', messages: 2, result: 'refused', operatorFailed: false, outcomes: none },
        {
          operator: 'a',
          messages: 1,
          result: 'refused',
          operatorFailed: false,
          outcomes: { ...none, rejected: 1 },
        },
        {
          operator: 'a',
          messages: 1,
          result: 'answered',
          operatorFailed: false,
          outcomes: { ...none, accepted: 1 },
        },
      ],
    )
  })
})
