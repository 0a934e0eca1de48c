import assert from 'node:assert/strict'
import { VOLUME_THRESHOLD } from '../../src/operators/breaker.ts'
import type { CallResult, OperatorResult } from '../../src/operators/contract.ts'
import type { Attempt } from '../../src/operators/attempt.ts'
import { createPaces } from '../../src/operators/pace.ts'
import { message, messages } from './messages.ts'
import {
  BATCH_SIZE_MAX,
  FAILING,
  REFUSING,
  SILENT,
  THROTTLING,
  UNAVAILABLE,
  ScriptedOperator,
  answered,
  refuses,
  kinds,
} from './scriptedOperator.ts'

describe('an attempt at one operator', () => {
  let operator: ScriptedOperator
  beforeEach(() => {
    operator = new ScriptedOperator()
  })
  afterEach(() => operator.breaker.close())

  it('is one call when the operator answers, and each message has its own result', async () => {
    const results: OperatorResult[] = [
      { kind: 'accepted', operatorMessageId: 'x' },
      { kind: 'rejected', reason: 'bad number' },
      { kind: 'unavailable', reason: 'later' },
      { kind: 'unknown', reason: 'no answer' },
    ]
    operator.behave = () => ({ kind: 'answered', results })
    assert.deepEqual(await operator.attempt(messages(4)), [
      { result: results[0], called: true, isSpecificToMessage: true },
      { result: results[1], called: true, isSpecificToMessage: true },
      { result: results[2], called: true, isSpecificToMessage: true },
      { result: results[3], called: true, isSpecificToMessage: false },
    ])
    assert.deepEqual(operator.sizes, [4])
  })

  it('makes no call for an empty batch, and takes none that is too large', async () => {
    assert.deepEqual(await operator.attempt([]), [])
    await assert.rejects(operator.attempt(messages(BATCH_SIZE_MAX + 1)), RangeError)
    assert.deepEqual(operator.sizes, [])
  })

  it('never counts rejections against the operator', async () => {
    operator.behave = (batch) => {
      return { kind: 'answered', results: batch.map(() => ({ kind: 'rejected', reason: 'bad number' })) }
    }
    for (let time = 0; time < 2 * VOLUME_THRESHOLD; time++) await operator.attempt(messages(3))
    assert.equal(operator.breaker.state(), 'closed')
  })

  it('takes what a call of one came to for its message, even when nothing is known', async () => {
    const ofOne: [CallResult, OperatorResult['kind']][] = [
      [REFUSING, 'refused'],
      [FAILING, 'unavailable'],
      [UNAVAILABLE, 'unavailable'],
      [SILENT, 'unknown'],
      [THROTTLING, 'throttled'],
    ]
    for (const [call, kind] of ofOne) {
      operator.behave = () => call
      const [attempted] = await operator.attempt([message()])
      assert.deepEqual(
        [attempted?.result.kind, attempted?.called, attempted?.isSpecificToMessage],
        [kind, true, true],
      )
    }
  })

  it('makes no call while the breaker is open', async () => {
    await operator.openBreaker()
    const attempts = await operator.attempt(messages(3))
    assert.deepEqual(operator.sizes, [])
    const expected: Attempt = {
      result: { kind: 'unavailable', reason: 'breaker open' },
      called: false,
      isSpecificToMessage: false,
    }
    assert.deepEqual(attempts, [expected, expected, expected])
  })

  it('calls a message unknown for which the adapter gave no result', async () => {
    operator.behave = () => ({ kind: 'answered', results: [{ kind: 'rejected', reason: 'x' }] })
    assert.deepEqual(kinds(await operator.attempt(messages(2))), ['rejected', 'unknown'])
  })

  it('reports every call, and each message under one result at most', async () => {
    const batch = messages(4)
    operator.behave = refuses([batch[2]], REFUSING)
    await operator.attempt(batch)
    const none = { accepted: 0, rejected: 0, unavailable: 0, throttled: 0, refused: 0, unknown: 0 }
    assert.deepEqual(
      operator.calls.map(({ messages, result, results }) => ({ messages, result, results })),
      [
        { messages: 4, result: 'refused', results: none },
        { messages: 2, result: 'answered', results: { ...none, accepted: 2 } },
        { messages: 2, result: 'refused', results: none },
        { messages: 1, result: 'refused', results: { ...none, refused: 1 } },
        { messages: 1, result: 'answered', results: { ...none, accepted: 1 } },
      ],
    )
    assert.ok(operator.calls.every(({ operator, durationMs }) => operator === 'a' && durationMs >= 0))
  })

  it('reports identifiers that cannot be read', async () => {
    operator.behave = (batch) => ({ ...answered(batch), unreadableIdentifiers: 2 })
    await operator.attempt(messages(3))
    assert.deepEqual(
      operator.calls.map(({ unreadableIdentifiers }) => unreadableIdentifiers),
      [2],
    )
  })

  it('never counts throttling against the operator', async () => {
    operator.behave = () => THROTTLING
    for (let time = 0; time < 2 * VOLUME_THRESHOLD; time++) {
      operator.paces = createPaces()
      assert.deepEqual(kinds(await operator.attempt(messages(3))), ['throttled', 'throttled', 'throttled'])
    }
    assert.equal(operator.breaker.state(), 'closed')
  })

  it('counts answers that cannot be read for any message', async () => {
    operator.behave = (batch) => {
      return { kind: 'answered', results: batch.map(() => ({ kind: 'unknown', reason: 'contradictory' })) }
    }
    for (let time = 0; time < VOLUME_THRESHOLD; time++) await operator.attempt(messages(3))
    assert.equal(operator.breaker.state(), 'open')
  })

  it('makes no call for which the pace has no room in time, and says that it is throttled', async () => {
    operator.paces.normal.throttled(operator.paces.normal.begin(), 60_000)
    const attempts = await operator.attempt(messages(2))
    assert.deepEqual(operator.sizes, [])
    const result = { kind: 'throttled', reason: 'no room in the pace', retryAfterMs: null } as const
    const expected: Attempt = { result, called: false, isSpecificToMessage: false }
    assert.deepEqual(attempts, [expected, expected])
    assert.equal(operator.breaker.isAdmitting(), true)
  })

  it('slows its pace when one message of a call is throttled', async () => {
    const results: OperatorResult[] = [
      { kind: 'accepted', operatorMessageId: 'x' },
      { kind: 'throttled', reason: 'throttled', retryAfterMs: null },
    ]
    operator.behave = () => ({ kind: 'answered', results })
    assert.deepEqual(kinds(await operator.attempt(messages(2))), ['accepted', 'throttled'])
    assert.notEqual(operator.paces.normal.callsPerSecond(), null)
  })
})
