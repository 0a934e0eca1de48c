import assert from 'node:assert/strict'
import { CALL_TIMEOUT_MIN_MS } from '../../src/operators/attempt.ts'
import { message, messages } from './messages.ts'
import {
  UNAVAILABLE,
  FAILING,
  REFUSING,
  SILENT,
  THROTTLING,
  ScriptedOperator,
  answered,
  countOf,
  kinds,
} from './scriptedOperator.ts'

describe('an attempt at an operator that may have healed', () => {
  let operator: ScriptedOperator
  beforeEach(() => {
    operator = new ScriptedOperator()
  })
  afterEach(() => operator.breaker.close())

  it('probes a half-open operator with one message, and sends the rest once that heals it', async () => {
    await operator.halfOpenBreaker()
    const attempts = await operator.attempt(messages(5))
    assert.deepEqual(operator.sizes, [1, 4])
    assert.equal(countOf(attempts, 'accepted'), 5)
    assert.equal(operator.breaker.state(), 'closed')
  })

  it('closes the breaker when the probe is rejected', async () => {
    await operator.halfOpenBreaker()
    operator.behave = () => ({ kind: 'answered', results: [{ kind: 'rejected', reason: 'bad number' }] })
    assert.deepEqual(kinds(await operator.attempt([message()])), ['rejected'])
    assert.equal(operator.breaker.state(), 'closed')
  })

  it('closes the breaker when the probe is throttled: the operator answers', async () => {
    await operator.halfOpenBreaker()
    operator.behave = () => THROTTLING
    assert.deepEqual(kinds(await operator.attempt([message()])), ['throttled'])
    assert.equal(operator.breaker.state(), 'closed')
  })

  it('closes when the probe is refused: the operator answered, and one message may be at fault itself', async () => {
    await operator.halfOpenBreaker()
    operator.behave = () => REFUSING
    assert.deepEqual(kinds(await operator.attempt([message()])), ['refused'])
    assert.equal(operator.breaker.state(), 'closed')
  })

  for (const [name, result] of [
    ['fails', FAILING],
    ['is unavailable', UNAVAILABLE],
    ['is silent', SILENT],
  ] as const) {
    it(`keeps the rest from an operator that ${name} under the probe`, async () => {
      await operator.halfOpenBreaker()
      operator.behave = () => result
      const attempts = await operator.attempt(messages(5))
      assert.deepEqual(operator.sizes, [1])
      assert.deepEqual(
        attempts.map(({ called }) => called),
        [true, false, false, false, false],
      )
      assert.equal(attempts[0]?.result.kind, result.kind === 'unknown' ? 'unknown' : 'unavailable')
      assert.equal(countOf(attempts.slice(1), 'unavailable'), 4)
      assert.notEqual(operator.breaker.state(), 'closed')
    })
  }

  it('sends nothing to a half-open operator whose probe is under way', async () => {
    await operator.halfOpenBreaker()
    let release: (() => void) | undefined
    operator.behave = async (batch) => {
      await new Promise<void>((resolve) => (release = resolve))
      return answered(batch)
    }
    const first = operator.attempt(messages(1))
    const second = await operator.attempt(messages(2))
    assert.deepEqual(operator.sizes, [1])
    assert.ok(second.every(({ called }) => !called))
    release?.()
    assert.deepEqual(kinds(await first), ['accepted'])
  })

  it('makes no call that would have too little time, and takes no probe for it', async () => {
    await operator.halfOpenBreaker()
    const attempts = await operator.attempt(messages(2), { timeoutMs: CALL_TIMEOUT_MIN_MS - 1, now: () => 0 })
    assert.deepEqual(operator.sizes, [])
    assert.ok(attempts.every(({ called, result }) => !called && result.kind === 'unavailable'))
    assert.equal(operator.breaker.isAdmitting(), true)
  })

  it('knows nothing after an adapter that breaks its contract, and gives a probe back', async () => {
    await operator.halfOpenBreaker()
    operator.behave = () => {
      throw new Error('a fault of ours')
    }
    const [thrown] = await operator.attempt([message()])
    assert.deepEqual([thrown?.result.kind, thrown?.isSpecificToMessage], ['unknown', true])
    assert.equal(operator.breaker.state(), 'open')
  })
})
