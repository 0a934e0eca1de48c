import { intervalMicrosOf } from './rateLimit.ts'
import type { RateLimit } from './rateLimit.ts'

export interface BucketReading {
  /** Whole units that a request may take now. */
  remaining: number
  /** Whole seconds until one more unit is there; undefined when the bucket is full or never refills. */
  nextInSeconds: number | undefined
}

/** What is left in a bucket (see takeUnits), for a client to see. */
export function readBucket(tatMicros: number, limit: RateLimit, nowMicros: number): BucketReading {
  if (limit.units === 0) return { remaining: 0, nextInSeconds: undefined }
  const intervalMicros = intervalMicrosOf(limit)
  const usedMicros = Math.max(0, tatMicros - nowMicros)
  const remaining = Math.max(0, Math.floor((limit.burst * intervalMicros - usedMicros) / intervalMicros))
  if (usedMicros === 0) return { remaining, nextInSeconds: undefined }
  const nextInMicros = usedMicros - (limit.burst - remaining - 1) * intervalMicros
  return { remaining, nextInSeconds: Math.ceil(nextInMicros / 1_000_000) }
}
