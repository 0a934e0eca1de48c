import { openRequestBuckets, perSecond, retryAfterSeconds } from '../../limits/index.ts'
import { tooManyRequests } from '../../platform/http/index.ts'
import type { Authorize } from '../../platform/http/index.ts'
import type { Access } from '../../primitives/access.ts'

/**
 * Admits a customer's requests, reads included, up to its own number a second in this process. A customer without one has
 * no limit of requests. @returns what throws Problem 429 `too_many_requests` beyond it.
 */
export function limitRequests(authorize: Authorize, buckets = openRequestBuckets()): Authorize {
  const admit = (access: Access): Access => {
    const { customer } = access
    if (!customer || customer.requestsPerSecond === null) return access
    const taken = buckets.take(customer.userId, perSecond(customer.requestsPerSecond))
    if (!taken.isAllowed) throw tooManyRequests(retryAfterSeconds(taken.retryAfterMs))
    return access
  }
  return (request, route) => {
    const access = authorize(request, route)
    return access instanceof Promise ? access.then(admit) : admit(access)
  }
}
