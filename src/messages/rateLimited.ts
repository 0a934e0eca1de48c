import { readBucket } from '../limits/index.ts'
import type { LimitRefusal, NamedReading, RateLimit } from '../limits/index.ts'
import type { RateLimited } from './types.ts'

/** A bucket of parts at a time. */
export interface BucketAt {
  partsTatMicros: number
  nowMicros: number
}

/** What is left of a customer's parts, for the answer's header fields. */
export function readPartsLeft(limit: RateLimit, { partsTatMicros, nowMicros }: BucketAt): NamedReading {
  return { name: 'parts', limit, ...readBucket(partsTatMicros, limit, nowMicros) }
}

/** @returns the decision on a request of more parts than the limit admits now. */
export function rateLimited(
  { kind, retryAfterMs, limit }: Extract<LimitRefusal, { kind: 'rate_limit' }>,
  { parts, ...bucket }: BucketAt & { parts: number },
): RateLimited {
  return { kind, retryAfterMs, parts, partsLeft: readPartsLeft(limit, bucket) }
}
