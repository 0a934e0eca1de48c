import {
  openRequestBuckets,
  rateLimitFields,
  requestsLimitOf,
  retryAfterSeconds,
} from '../../limits/index.ts'
import type { RateLimit } from '../../limits/index.ts'
import { tooManyRequests } from '../../platform/http/index.ts'
import type { Authorize } from '../../platform/http/index.ts'
import type { Access } from '../../primitives/access.ts'

/**
 * Admits a customer's requests, reads included, up to its limit in this process: its own, or that of all customers.
 * @returns what throws Problem 429 `too_many_requests` beyond it.
 */
export function limitRequests(
  authorize: Authorize,
  limitOfAll: RateLimit,
  buckets = openRequestBuckets(),
): Authorize {
  const admit = (access: Access): Access => {
    const { customer } = access
    if (!customer) return access
    const limit = requestsLimitOf(customer, limitOfAll)
    const { isAllowed, retryAfterMs, ...reading } = buckets.take(customer.userId, limit)
    if (!isAllowed)
      throw tooManyRequests(
        retryAfterSeconds(retryAfterMs),
        rateLimitFields([{ name: 'requests', limit, ...reading }]),
      )
    return access
  }
  return (request, route) => {
    const access = authorize(request, route)
    return access instanceof Promise ? access.then(admit) : admit(access)
  }
}
