import { perSecond } from './rateLimit.ts'
import type { RateLimit } from './rateLimit.ts'

/** @returns the limit of a customer's requests in one process. The burst of a customer's own rate is one second of it. */
export function requestsLimitOf(
  { requestsPerSecond }: { requestsPerSecond: number | null },
  limitOfAll: RateLimit,
): RateLimit {
  return requestsPerSecond === null ? limitOfAll : perSecond(requestsPerSecond)
}
