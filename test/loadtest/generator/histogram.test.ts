import assert from 'node:assert/strict'
import {
  addHistogram,
  createHistogram,
  mergeRecords,
  percentilesOf,
  recordMs,
  toRecord,
} from '../../../loadtest/generator/index.ts'
import type { Histogram } from '../../../loadtest/generator/index.ts'

const PRECISION = 1 / 128

function histogramOf(valuesMs: Iterable<number>): Histogram {
  const histogram = createHistogram()
  for (const valueMs of valuesMs) recordMs(histogram, valueMs)
  return histogram
}

describe('a histogram', () => {
  it('gives the nearest rank to within its precision, never less than it was, from microseconds to minutes', () => {
    for (const unitMs of [0.001, 0.37, 11, 999]) {
      const values = Array.from({ length: 200 }, (_, index) => (200 - index) * unitMs)
      const { p50Ms, p95Ms, p99Ms, maxMs, count } = percentilesOf(histogramOf(values))
      assert.equal(count, 200)
      for (const [found, rank] of [
        [p50Ms, 100],
        [p95Ms, 190],
        [p99Ms, 198],
        [maxMs, 200],
      ] as const) {
        const exact = rank * unitMs
        assert.ok(
          found >= exact - 0.0006 && found <= exact * (1 + PRECISION) + 0.0006,
          `${found}, not ${exact}`,
        )
      }
    }
  })

  it('gives a single value as it was', () => {
    assert.deepEqual(percentilesOf(histogramOf([123.457])), {
      ...{ count: 1, p50Ms: 123.457, p95Ms: 123.457, p99Ms: 123.457, maxMs: 123.457 },
    })
  })

  it('says that it holds nothing', () => {
    assert.deepEqual(percentilesOf(createHistogram()), { count: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, maxMs: 0 })
  })

  it('is the same when its values came together and when it was merged, through JSON too', () => {
    const [some, others] = [
      [0.2, 5, 5, 70],
      [3, 900, 40_000],
    ]
    const together = histogramOf([...(some ?? []), ...(others ?? [])])
    const records = [histogramOf(some ?? []), histogramOf(others ?? [])].map(toRecord)
    const merged = mergeRecords(JSON.parse(JSON.stringify(records)) as typeof records)
    assert.deepEqual(merged, together)
    const added = histogramOf(some ?? [])
    addHistogram(added, histogramOf(others ?? []))
    assert.deepEqual(added, together)
  })

  it('keeps what is beyond all bounds in its last bucket', () => {
    const { p50Ms, count } = percentilesOf(histogramOf([1e12]))
    assert.equal(count, 1)
    assert.ok(p50Ms > 2_000_000)
  })
})
