import type { RateLimit } from './rateLimit.ts'
import { readBucket } from './readBucket.ts'
import type { BucketReading } from './readBucket.ts'
import { takeUnits } from './takeUnits.ts'

/** The buckets of requests, reads included: in the memory of each process, because a request must not cost a query. */
export interface RequestBuckets {
  /** Takes one request from a customer's bucket. `retryAfterMs` is 0 when it is allowed. */
  take(userId: number, limit: RateLimit): BucketReading & { isAllowed: boolean; retryAfterMs: number }
}

/** Some 10 MB. Beyond, the customer that was silent longest is forgotten, whose bucket has long been full. */
const CUSTOMERS_MAX = 100_000

/** @param nowMicros whole monotonic microseconds. */
export function openRequestBuckets({
  customersMax = CUSTOMERS_MAX,
  nowMicros = () => Math.floor(performance.now() * 1_000),
} = {}): RequestBuckets {
  /** In order of the last request. */
  const tats = new Map<number, number>()
  return {
    take(userId, limit) {
      const now = nowMicros()
      const { isAllowed, tatMicros, retryAfterMs } = takeUnits(tats.get(userId) ?? 0, limit, now, 1)
      tats.delete(userId)
      const [oldest] = tats.size >= customersMax ? tats.keys() : []
      if (oldest !== undefined) tats.delete(oldest)
      tats.set(userId, tatMicros)
      return { isAllowed, retryAfterMs, ...readBucket(tatMicros, limit, now) }
    },
  }
}
