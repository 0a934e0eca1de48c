import assert from 'node:assert/strict'
import { lineBudget } from '../../../src/platform/telemetry/index.ts'

describe('a budget of log lines', () => {
  it('grants so many a second, and tells with the next one how many were left out', () => {
    let nowMs = 0
    const take = lineBudget(2, () => nowMs)
    assert.deepEqual([take(), take()], Array(2).fill({ granted: true, leftOut: 0 }))
    for (let i = 0; i < 5; i++) assert.equal(take().granted, false)
    nowMs = 999
    assert.equal(take().granted, false)
    nowMs = 1_000
    assert.deepEqual(take(), { granted: true, leftOut: 6 })
    assert.deepEqual(take(), { granted: true, leftOut: 0 })
    assert.equal(take().granted, false)
  })
})
