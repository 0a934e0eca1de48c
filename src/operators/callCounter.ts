const BUCKET_MS = 100
const BUCKETS = 50

/** Counts calls in a sliding window. The clock is the caller's, in monotonic milliseconds. */
export interface CallCounter {
  /** A time more than 5 s before the latest is ignored. */
  add(atMs: number): void
  /**
   * Calls per second over the `windowMs` (at most 5 s) before `atMs`, in steps of a tenth of a second. What lies more
   * than 5 s before the latest time is forgotten.
   */
  perSecond(atMs: number, windowMs: number): number
}

export function createCallCounter(): CallCounter {
  const counts = new Array<number>(BUCKETS).fill(0)
  let newest = 0
  const bucketAt = (atMs: number): number => {
    const bucket = Math.floor(atMs / BUCKET_MS)
    const steps = Math.min(bucket - newest, BUCKETS)
    for (let step = 0; step < steps; step++) counts[(bucket - step) % BUCKETS] = 0
    newest = Math.max(newest, bucket)
    return bucket
  }
  const isKept = (bucket: number) => bucket >= 0 && newest - bucket < BUCKETS
  return {
    add(atMs) {
      const bucket = bucketAt(atMs)
      if (isKept(bucket)) counts[bucket % BUCKETS] = (counts[bucket % BUCKETS] ?? 0) + 1
    },
    perSecond(atMs, windowMs) {
      const last = bucketAt(atMs)
      const buckets = Math.min(BUCKETS, Math.ceil(windowMs / BUCKET_MS))
      let sum = 0
      for (let bucket = last; bucket > last - buckets && isKept(bucket); bucket--)
        sum += counts[bucket % BUCKETS] ?? 0
      return (sum * 1_000) / (buckets * BUCKET_MS)
    },
  }
}
