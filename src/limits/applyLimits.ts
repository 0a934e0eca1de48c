import type { RateLimit } from './rateLimit.ts'
import { spend } from './spend.ts'
import type { SpendLimits, SpendRefusal, Spending } from './spend.ts'
import { takeUnits } from './takeUnits.ts'

/** What a customer has used, exact across processes: it belongs on the balance row, under its lock. */
export interface Usage {
  /** The bucket of parts (see takeUnits). */
  tatMicros: number
  spending: Spending
}

/** What a customer may use; null where there is no limit, which costs nothing and counts nothing. */
export interface Limits {
  parts: RateLimit | null
  spend: SpendLimits | null
}

export interface Demand {
  parts: number
  /** In the smallest unit. */
  cost: number
}

/**
 * - rate_limit: too many parts at the moment; the same request may succeed after `retryAfterMs` (Infinity: never).
 * - spend_limit: the limit of the day or the month; a smaller cost may still fit.
 */
export type LimitRefusal = { kind: 'rate_limit'; retryAfterMs: number; limit: RateLimit } | SpendRefusal

export type LimitDecision = { kind: 'within'; usage: Usage } | LimitRefusal

/**
 * Decides one request against its customer's limits; a refused one uses nothing. The requests of a batch are decided in
 * order, each with the usage after the one before and all with one `nowMicros`, the database's.
 */
export function applyLimits(usage: Usage, limits: Limits, demand: Demand, nowMicros: number): LimitDecision {
  const { parts, spend: spendLimits } = limits
  const taken = parts && takeUnits(usage.tatMicros, parts, nowMicros, demand.parts)
  if (taken && !taken.isAllowed) return { kind: 'rate_limit', retryAfterMs: taken.retryAfterMs, limit: parts }
  const spent = spendLimits && spend(usage.spending, spendLimits, demand.cost, Math.floor(nowMicros / 1_000))
  if (spent?.kind === 'spend_limit') return spent
  return {
    kind: 'within',
    usage: {
      tatMicros: taken ? taken.tatMicros : usage.tatMicros,
      spending: spent ? spent.spending : usage.spending,
    },
  }
}
