import type { Percentiles } from '../../result.ts'

/** Percentiles (nearest rank) of values with their counts, in any order. */
export function percentilesOfCounts(counts: readonly (readonly [ms: number, count: number])[]): Percentiles {
  const sorted = [...counts].sort(([a], [b]) => a - b)
  const total = sorted.reduce((sum, [, count]) => sum + count, 0)
  const at = (percent: number) => {
    const rank = Math.ceil((percent / 100) * total)
    let seen = 0
    for (const [ms, count] of sorted) {
      seen += count
      if (seen >= rank) return ms
    }
    return 0
  }
  return { count: total, p50Ms: at(50), p95Ms: at(95), p99Ms: at(99), maxMs: sorted.at(-1)?.[0] ?? 0 }
}

export function percentilesOfValues(values: readonly number[]): Percentiles {
  return percentilesOfCounts(values.map((ms) => [ms, 1]))
}
