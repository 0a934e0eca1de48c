import assert from 'node:assert/strict'
import { percentiles } from '../../loadtest/percentiles.ts'

describe('percentiles', () => {
  it('are values that occurred, by nearest rank', () => {
    const values = Array.from({ length: 200 }, (_, index) => 200 - index)
    assert.deepEqual(percentiles(values), { p50: 100, p95: 190, p99: 198, max: 200 })
    assert.deepEqual(percentiles([7]), { p50: 7, p95: 7, p99: 7, max: 7 })
  })

  it('order numbers as numbers', () => {
    assert.equal(percentiles([9, 10, 100]).p50, 10)
  })

  it('are not numbers when there is nothing to read', () => {
    assert.deepEqual(percentiles([]), { p50: NaN, p95: NaN, p99: NaN, max: NaN })
  })
})
