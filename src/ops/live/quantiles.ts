const SHOWN = { p50: 0.5, p95: 0.95, p99: 0.99 } as const

export type Quantiles = Record<keyof typeof SHOWN, number | null>

/**
 * @param counts one number a bucket, and one beyond the last bound. @returns times in milliseconds, interpolated within
 * their bucket; null without any, and the last bound for what lies beyond it.
 */
export function quantilesOf(counts: readonly number[], boundsSeconds: readonly number[]): Quantiles {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const at = (share: number) => {
    if (total === 0) return null
    let left = share * total
    for (const [index, bound] of boundsSeconds.entries()) {
      const count = counts[index] ?? 0
      const below = boundsSeconds[index - 1] ?? 0
      if (count > 0 && left <= count) return Math.round((below + ((bound - below) * left) / count) * 1_000)
      left -= count
    }
    return (boundsSeconds.at(-1) ?? 0) * 1_000
  }
  return { p50: at(SHOWN.p50), p95: at(SHOWN.p95), p99: at(SHOWN.p99) }
}

/** Adds counts up by their place. */
export function sumCounts(all: readonly (readonly number[])[]): number[] {
  const length = Math.max(0, ...all.map((counts) => counts.length))
  return Array.from({ length }, (_, index) => all.reduce((sum, counts) => sum + (counts[index] ?? 0), 0))
}
