/** Of what many values leave to read. */
export interface Percentiles {
  p50: number
  p95: number
  p99: number
  max: number
}

/** The smallest value that at least so many of a hundred do not exceed (nearest rank). NaN when there are none. */
export function percentiles(values: Iterable<number>): Percentiles {
  const sorted = Float64Array.from(values).sort()
  const at = (percent: number) => sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? NaN
  return { p50: at(50), p95: at(95), p99: at(99), max: at(100) }
}

export function describeMs({ p50, p95, p99, max }: Percentiles): string {
  const ms = (value: number) => `${value.toFixed(1)} ms`
  return `p50 ${ms(p50)}, p95 ${ms(p95)}, p99 ${ms(p99)}, max ${ms(max)}`
}
