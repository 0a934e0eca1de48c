import assert from 'node:assert/strict'
import fc from 'fast-check'
import { notCalledDelayMs, retryDelayMs } from '../../src/delivery/retryDelay.ts'

/** Seed 001's numbers. */
const POLICY = { minDelayMs: 15_000, maxDelayMs: 1_800_000, factor: 2, attemptsMax: 10 }

describe('the wait before the next attempt', () => {
  it('is 15 s, doubled each time, and never longer than half an hour', () => {
    const seconds = Array.from({ length: 9 }, (_, index) => retryDelayMs(index + 1, POLICY, 0) / 1_000)
    assert.deepEqual(seconds, [15, 30, 60, 120, 240, 480, 960, 1_800, 1_800])
  })

  it('places ten attempts within some 90 minutes', () => {
    const clock = { nowMs: 0 }
    const attemptedAtMs = Array.from({ length: POLICY.attemptsMax }, (_, index) => {
      if (index > 0) clock.nowMs += retryDelayMs(index, POLICY, 0)
      return clock.nowMs
    })
    const seconds = attemptedAtMs.map((ms) => ms / 1_000)
    assert.deepEqual(seconds, [0, 15, 45, 105, 225, 465, 945, 1_905, 3_705, 5_505])
  })

  it('is up to a quarter longer at random', () => {
    assert.deepEqual([retryDelayMs(1, POLICY, 0.5), retryDelayMs(2, POLICY, 0.999_999)], [16_875, 37_500])
  })

  it('stays within its bounds whatever is drawn, and never shrinks from one attempt to the next', () => {
    const policies = fc.record({
      minDelayMs: fc.integer({ min: 10, max: 60_000 }),
      maxDelayMs: fc.integer({ min: 60_000, max: 21_600_000 }),
      factor: fc.double({ min: 1, max: 10, noNaN: true }),
      attemptsMax: fc.constant(10),
    })
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 65_535 }), random, (policy, attempts, draw) => {
        const delayMs = retryDelayMs(attempts, policy, draw)
        assert.ok(delayMs >= policy.minDelayMs && delayMs <= policy.maxDelayMs, `${delayMs}`)
        assert.ok(retryDelayMs(attempts + 1, policy, draw) >= delayMs)
      }),
    )
  })

  it('is short after a round that called no operator, and does not grow', () => {
    assert.equal(notCalledDelayMs(POLICY), 5_000)
    assert.equal(notCalledDelayMs({ ...POLICY, minDelayMs: 1_000 }), 1_000)
  })
})
