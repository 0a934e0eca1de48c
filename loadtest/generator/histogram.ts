import type { Percentiles } from '../result.ts'

/**
 * Counts of values in buckets that grow with the value, as HdrHistogram has them: 128 buckets for each doubling, so a
 * value is known to within 0.8 %, and memory does not grow with their number. Values are whole microseconds.
 */
export interface Histogram {
  /** Bucket numbers are those of `bucketOf`. */
  counts: Uint32Array
  count: number
  maxMicros: number
}

/** A histogram as JSON: the buckets that hold something, as `[bucket, count]`. */
export interface HistogramRecord {
  buckets: [number, number][]
  count: number
  maxMicros: number
}

const LINEAR_BITS = 7
/** Below this value each microsecond has its own bucket. Above, each doubling has this many. */
const LINEAR = 1 << LINEAR_BITS
/** 2^31 µs are 36 minutes, longer than any answer is waited for. */
const MICROS_MAX = 2 ** 31 - 1
const BUCKETS = bucketOf(MICROS_MAX) + 1

export function createHistogram(): Histogram {
  return { counts: new Uint32Array(BUCKETS), count: 0, maxMicros: 0 }
}

export function recordMs(histogram: Histogram, valueMs: number): void {
  const micros = Math.min(MICROS_MAX, Math.max(0, Math.round(valueMs * 1_000)))
  const bucket = bucketOf(micros)
  histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1
  histogram.count++
  if (micros > histogram.maxMicros) histogram.maxMicros = micros
}

/** Adds the second one's values to the first. */
export function addHistogram(sum: Histogram, added: Histogram): void {
  for (const [bucket, count] of added.counts.entries())
    if (count > 0) sum.counts[bucket] = (sum.counts[bucket] ?? 0) + count
  sum.count += added.count
  sum.maxMicros = Math.max(sum.maxMicros, added.maxMicros)
}

export function clearHistogram(histogram: Histogram): void {
  histogram.counts.fill(0)
  histogram.count = 0
  histogram.maxMicros = 0
}

export function toRecord({ counts, count, maxMicros }: Histogram): HistogramRecord {
  const buckets: [number, number][] = []
  for (const [bucket, held] of counts.entries()) if (held > 0) buckets.push([bucket, held])
  return { buckets, count, maxMicros }
}

/** Merges the histograms of several generators or runs. */
export function mergeRecords(records: readonly HistogramRecord[]): Histogram {
  const sum = createHistogram()
  for (const { buckets, count, maxMicros } of records) {
    for (const [bucket, held] of buckets) sum.counts[bucket] = (sum.counts[bucket] ?? 0) + held
    sum.count += count
    sum.maxMicros = Math.max(sum.maxMicros, maxMicros)
  }
  return sum
}

/** Nearest rank, each as the largest value of its bucket: never less than what was measured. */
export function percentilesOf(histogram: Histogram): Percentiles {
  const at = (percent: number) => valueAt(histogram, Math.ceil((percent / 100) * histogram.count)) / 1_000
  return {
    count: histogram.count,
    p50Ms: at(50),
    p95Ms: at(95),
    p99Ms: at(99),
    maxMs: histogram.maxMicros / 1_000,
  }
}

function valueAt({ counts, maxMicros }: Histogram, rank: number): number {
  let seen = 0
  for (const [bucket, count] of counts.entries()) {
    seen += count
    if (seen >= rank && count > 0) return Math.min(largestOf(bucket), maxMicros)
  }
  return 0
}

/** The upper bits are the doubling, the lower bits the position within it. */
function bucketOf(micros: number): number {
  if (micros < LINEAR) return micros
  const shift = 31 - Math.clz32(micros) - LINEAR_BITS
  return (shift + 1) * LINEAR + ((micros >>> shift) - LINEAR)
}

function largestOf(bucket: number): number {
  if (bucket < LINEAR) return bucket
  const shift = Math.floor(bucket / LINEAR) - 1
  return ((bucket % LINEAR) + LINEAR + 1) * 2 ** shift - 1
}
