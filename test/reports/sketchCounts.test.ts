import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  addEncoded,
  addLatency,
  encode,
  merge,
  openCounts,
  percentile,
  percentilesOf,
} from '../../src/reports/sketch.ts'
import type { Sketch } from '../../src/reports/sketch.ts'

const SHARES = [0, 0.5, 0.95, 0.99, 1]

function sketchOf(latencies: number[]): Sketch {
  const sketch: Sketch = new Map()
  for (const ms of latencies) addLatency(sketch, ms)
  return sketch
}

describe('counts of many sketches', () => {
  it('come to what merging them comes to', () => {
    const latencies = fc.array(fc.integer({ min: 0, max: 10_000_000_000 }), { maxLength: 300 })
    fc.assert(
      fc.property(fc.array(latencies, { maxLength: 5 }), (all) => {
        const merged: Sketch = new Map()
        const counts = openCounts()
        for (const each of all.map(sketchOf)) {
          merge(merged, each)
          addEncoded(counts, encode(each))
        }
        assert.deepEqual(
          percentilesOf(counts, SHARES),
          SHARES.map((share) => percentile(merged, share)),
        )
      }),
    )
  })

  it('reads counts of several bytes, and such as were taken out', () => {
    const counts = openCounts()
    addEncoded(counts, encode(new Map([[3, 2 ** 40]])))
    addEncoded(
      counts,
      encode(
        new Map([
          [3, 1 - 2 ** 40],
          [458, 1],
        ]),
      ),
    )
    assert.deepEqual([counts[3], counts[458]], [1, 1])
    addEncoded(counts, null)
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      2,
    )
  })
})
