import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  percentilesOfCounts,
  percentilesOfValues,
} from '../../../loadtest/bench/measure/countedPercentiles.ts'

describe('percentiles of counted values', () => {
  it('are the nearest rank, the same whether values are counted or listed', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1 }), (values) => {
        const counts = [...Map.groupBy(values, (value) => value)].map(
          ([ms, all]) => [ms, all.length] as const,
        )
        const sorted = [...values].sort((a, b) => a - b)
        const rank = (percent: number) => sorted[Math.ceil((percent / 100) * sorted.length) - 1]
        const found = percentilesOfCounts(counts)
        assert.deepEqual(found, percentilesOfValues(values))
        assert.deepEqual(
          [found.count, found.p50Ms, found.p95Ms, found.p99Ms, found.maxMs],
          [values.length, rank(50), rank(95), rank(99), sorted.at(-1)],
        )
      }),
    )
  })

  it('of nothing are 0, with a count that tells', () => {
    assert.deepEqual(percentilesOfValues([]), { count: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, maxMs: 0 })
  })
})
