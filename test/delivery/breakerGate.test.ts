import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { openBreakerGate } from '../../src/delivery/breakerGate.ts'
import { eventually } from '../support/eventually.ts'
import { registered } from './registered.ts'
import type { Registered } from './registered.ts'

/** Long enough that no breaker turns half-open by itself in a test, and short enough to be there at once. */
const NEVER_MS = 600_000
const AT_ONCE_MS = 1

describe('the breaker gate', () => {
  let hands: Registered
  let stopping: AbortController
  let passed: (() => void)[]
  let refused: number
  beforeEach(() => {
    stopping = new AbortController()
    passed = []
    refused = 0
  })
  afterEach(() => hands.operators.close())

  /** Envelopes that want to pass; `passed` has what ends the turn of each that did. */
  const ask = (count: number) => {
    const gate = openBreakerGate(hands.operators, 'normal')
    for (let asked = 0; asked < count; asked++) {
      gate.pass(stopping.signal).then(
        (endTurn) => void passed.push(endTurn),
        () => void refused++,
      )
    }
  }
  /** Everything that follows without a timer or the network has happened. */
  const settled = async () => {
    for (let turn = 0; turn < 20; turn++) await setImmediate()
  }

  it('lets everything pass while a breaker is closed, the other open or not', async () => {
    hands = registered(NEVER_MS)
    ask(3)
    await settled()
    assert.equal(passed.length, 3)
    await hands.open('a')
    ask(3)
    await settled()
    assert.equal(passed.length, 6)
  })

  it('lets nothing pass while every breaker is open', async () => {
    hands = registered(NEVER_MS)
    await hands.open('a')
    await hands.open('b')
    ask(3)
    await settled()
    assert.equal(passed.length, 0)
  })

  it('rejects what waits when it is stopped', async () => {
    hands = registered(NEVER_MS)
    await hands.open('a')
    await hands.open('b')
    ask(3)
    stopping.abort(new Error('stopping'))
    await settled()
    assert.deepEqual([passed.length, refused], [0, 3])
    ask(1)
    await settled()
    assert.deepEqual([passed.length, refused], [0, 4])
  })

  it('lets one at a time through while the best is half-open', async () => {
    hands = registered(AT_ONCE_MS)
    await hands.halfOpen('a')
    await hands.halfOpen('b')
    ask(3)
    for (const through of [1, 2, 3]) {
      await settled()
      assert.equal(passed.length, through)
      passed.at(-1)?.()
    }
  })

  it('lets the next one through after a probe that failed, when the operator is to be asked again', async () => {
    hands = registered(AT_ONCE_MS)
    await hands.halfOpen('a')
    await hands.halfOpen('b')
    ask(2)
    await settled()
    await hands.fail('a')
    passed[0]?.()
    await eventually('the second passes', () => passed.length === 2)
  })

  it('lets all go that wait once an operator has closed', async () => {
    hands = registered(AT_ONCE_MS)
    await hands.halfOpen('a')
    await hands.halfOpen('b')
    ask(6)
    await settled()
    assert.equal(passed.length, 1)
    await hands.heal('a')
    passed[0]?.()
    await eventually('all pass', () => passed.length === 6)
  })

  it('does not keep them waiting for the rest of the envelope whose probe has closed it', async () => {
    hands = registered(AT_ONCE_MS)
    await hands.halfOpen('a')
    await hands.halfOpen('b')
    ask(6)
    await settled()
    await hands.heal('a')
    await eventually('all pass', () => passed.length === 6)
  })

  it('turns those away who wait for the probe of another when it is told to stop', async () => {
    hands = registered(AT_ONCE_MS)
    await hands.halfOpen('a')
    await hands.halfOpen('b')
    ask(3)
    await settled()
    stopping.abort(new Error('stopping'))
    passed[0]?.()
    await eventually('both are refused', () => refused === 2)
    assert.equal(passed.length, 1)
  })
})
