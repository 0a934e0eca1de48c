import assert from 'node:assert/strict'
import {
  LATENCY_MS_MAX,
  addLatency,
  countOf,
  decode,
  encode,
  merge,
  percentile,
} from '../../src/reports/sketch.ts'
import type { Sketch } from '../../src/reports/sketch.ts'

/** Bounded by the width of a bucket, whatever the latencies are. */
const ERROR_MAX = 0.025
const SHARES = [0.01, 0.5, 0.9, 0.99, 0.999, 1]

describe('a sketch of latencies', () => {
  it('tells every percentile within 2.5 %', () => {
    for (const latencies of [evenly(10_000), longTailed(10_000), [1], [7, 7, 7]]) {
      const sketch = sketchOf(latencies)
      const sorted = [...latencies].sort((one, other) => one - other)
      for (const share of SHARES) {
        const exact = sorted[Math.max(1, Math.ceil(sorted.length * share)) - 1] ?? NaN
        assertNear(percentile(sketch, share), exact)
      }
    }
  })

  it('is the same whether latencies are counted together or in parts', () => {
    const latencies = longTailed(1_000)
    const sum: Sketch = new Map()
    for (let start = 0; start < latencies.length; start += 100)
      merge(sum, sketchOf(latencies.slice(start, start + 100)))
    assert.deepEqual(encode(sum), encode(sketchOf(latencies)))
  })

  it('lets latencies be taken out again without a trace', () => {
    const [kept, removed] = [longTailed(500), evenly(500)]
    const sketch = sketchOf([...kept, ...removed])
    merge(sketch, sketchOf(removed), -1)
    assert.deepEqual(encode(sketch), encode(sketchOf(kept)))
    for (const latency of kept) addLatency(sketch, latency, -1)
    assert.equal(encode(sketch), null)
    assert.equal(percentile(sketch, 0.5), undefined)
  })

  it('reads what it wrote, large and negative counts included', () => {
    const sketch: Sketch = new Map([
      [0, 1],
      [3, -2],
      [200, 2 ** 50 - 1],
      [458, 127],
    ])
    assert.deepEqual(decode(encode(sketch)), sketch)
    assert.deepEqual(decode(null), new Map())
  })

  it('takes a few bytes a bucket', () => {
    const sketch = sketchOf(longTailed(10_000))
    assert.ok((encode(sketch)?.length ?? 0) <= sketch.size * 4)
  })

  it('counts latencies beyond its bounds at the bounds', () => {
    const sketch = sketchOf([-5, 0, 0.4, LATENCY_MS_MAX * 3])
    assert.equal(countOf(sketch), 4)
    assert.equal(percentile(sketch, 0.5), 1)
    assertNear(percentile(sketch, 1), LATENCY_MS_MAX)
  })

  it('refuses bytes that are no sketch', () => {
    for (const bytes of [[1], [128], [255, 255, 255, 255, 1, 2], [1, ...Array<number>(9).fill(255), 1]])
      assert.throws(() => decode(Uint8Array.from(bytes)), RangeError)
  })
})

function sketchOf(latencies: number[]): Sketch {
  const sketch: Sketch = new Map()
  for (const latency of latencies) addLatency(sketch, latency)
  return sketch
}

function assertNear(found: number | undefined, exact: number): void {
  assert.ok(Math.abs((found ?? NaN) - exact) <= exact * ERROR_MAX, `${found} is not near ${exact}`)
}

function evenly(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}

/** From 20 ms to a day, most of them below a second. */
function longTailed(count: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.ceil(20 + (count / (index + 1)) ** 2))
}
