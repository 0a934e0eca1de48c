import { applyLimits } from './applyLimits.ts'
import type { Demand, LimitRefusal, Limits, Usage } from './applyLimits.ts'

/** Customers that were refused a moment ago, so that a flood of one costs no transactions. */
export interface RefusedCustomers {
  /** Keeps the usage that the customer's locked row showed when a request was refused; call it after the commit. */
  remember(userId: number, usage: Usage): void
  has(userId: number): boolean
  /**
   * @param limits as they are now, so that a raised limit counts at once.
   * @param nowMicros the database's time as this process knows it.
   * @returns the refusal that the database would come to as well, with the remembered usage; undefined when only the database
   * can tell.
   */
  refusalOf(
    userId: number,
    limits: Limits,
    demand: Demand,
    nowMicros: number,
  ): (LimitRefusal & { usage: Usage }) | undefined
}

/** Beyond, the customers that were refused longest ago are forgotten: each costs one transaction to refuse again. */
const CUSTOMERS_MAX = 10_000
/**
 * This process's idea of the database's time may be wrong by this much (half a round trip). Within it the database
 * decides, and a wait is longer by it, so that a client that waits as told is never refused because of it.
 */
const CLOCK_ERROR_MS = 50

/**
 * Usage only grows, by requests in any process: what exceeds a limit on top of remembered usage exceeds it on top of the
 * real one. Waiting clears both alike.
 */
export function openRefusedCustomers(customersMax = CUSTOMERS_MAX): RefusedCustomers {
  const usages = new Map<number, Usage>()
  return {
    remember(userId, usage) {
      usages.delete(userId)
      const [oldest] = usages.size >= customersMax ? usages.keys() : []
      if (oldest !== undefined) usages.delete(oldest)
      usages.set(userId, usage)
    },
    has: (userId) => usages.has(userId),
    refusalOf(userId, limits, demand, nowMicros) {
      const usage = usages.get(userId)
      if (!usage) return undefined
      const decision = applyLimits(usage, limits, demand, nowMicros + CLOCK_ERROR_MS * 1_000)
      if (decision.kind === 'within') {
        usages.delete(userId)
        return undefined
      }
      if (decision.kind === 'spend_limit') return { ...decision, usage }
      // The wait counts from now, by a clock that may also be ahead of the database's.
      return { ...decision, retryAfterMs: decision.retryAfterMs + 2 * CLOCK_ERROR_MS, usage }
    },
  }
}
