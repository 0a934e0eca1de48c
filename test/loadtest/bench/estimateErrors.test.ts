import assert from 'node:assert/strict'
import { MIN_WAIT_MS, estimateErrors } from '../../../loadtest/bench/measure/estimateErrors.ts'

describe('the errors of estimates', () => {
  const handedOver = new Map(Array.from({ length: 10 }, (_, index) => [`m${index}`, 20_000] as const))
  const asked = (index: number, estimatedAtMs: number | null, askedAtMs = 10_000) => ({
    ...{ smsIdentifier: `m${index}`, askedAtMs, estimatedAtMs },
  })

  it('are shares of what was left to wait, whichever way they are off', () => {
    const early = [1, 2, 3, 4, 5].map((index) => asked(index, 20_000 - index * 100))
    const late = [6, 7, 8, 9].map((index) => asked(index, 20_000 + index * 1_000))
    const errors = estimateErrors([...early, ...late, asked(0, 40_000)], handedOver)
    assert.deepEqual(errors, { asked: 10, estimated: 10, medianShare: 0.05, p90Share: 0.9, earlyShare: 0.5 })
  })

  it('leave out what was handed over at once or not at all, and what had no estimate', () => {
    const errors = estimateErrors(
      [asked(0, 20_000, 20_001 - MIN_WAIT_MS), asked(99, 20_000), asked(1, null), asked(2, 21_000)],
      handedOver,
    )
    assert.deepEqual(errors, { asked: 2, estimated: 1, medianShare: 0.1, p90Share: 0.1, earlyShare: 0 })
  })
})
