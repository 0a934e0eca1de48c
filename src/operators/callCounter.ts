const BUCKET_MS = 100
const BUCKETS = 50

/** Counts calls in a sliding window. The clock is the caller's, in monotonic milliseconds. */
export interface CallCounter {
  add(nowMs: number): void
  /** Calls per second over the last `windowMs` (at most 5 s), in steps of a tenth of a second. */
  perSecond(nowMs: number, windowMs: number): number
}

export function createCallCounter(): CallCounter {
  const counts = new Array<number>(BUCKETS).fill(0)
  let newest = 0
  const forgetOld = (nowMs: number): number => {
    const current = Math.floor(nowMs / BUCKET_MS)
    const steps = Math.min(current - newest, BUCKETS)
    for (let step = 0; step < steps; step++) counts[(current - step) % BUCKETS] = 0
    newest = Math.max(newest, current)
    return newest
  }
  return {
    add(nowMs) {
      const bucket = forgetOld(nowMs) % BUCKETS
      counts[bucket] = (counts[bucket] ?? 0) + 1
    },
    perSecond(nowMs, windowMs) {
      const current = forgetOld(nowMs)
      const buckets = Math.min(BUCKETS, Math.ceil(windowMs / BUCKET_MS))
      let sum = 0
      for (let age = 0; age < buckets; age++) sum += counts[(current - age + BUCKETS) % BUCKETS] ?? 0
      return (sum * 1_000) / (buckets * BUCKET_MS)
    },
  }
}
