import { NOTHING_SPENT, openRefusedCustomers } from '../limits/index.ts'
import type { Accept } from './shards.ts'

/**
 * Remembers customers whose limit of parts is used up, so that a flood of one costs no transactions. A request with an
 * idempotency key goes on: it may be a repeat, which limits do not refuse.
 */
export function rememberRefused(accept: Accept, nowMs: () => number): Accept {
  const refused = openRefusedCustomers()
  return async (request, isGone) => {
    const { userId, partsLimit, recipients, parts = 1, keyed } = request
    if (partsLimit && !keyed) {
      const limits = { parts: partsLimit, spend: null }
      const demand = { parts: recipients.length * parts, cost: 0 }
      const refusal = refused.refusalOf(userId, limits, demand, nowMs() * 1_000)
      if (refusal?.kind === 'rate_limit')
        return { kind: 'rate_limit', retryAfterMs: refusal.retryAfterMs, partsTatMicros: 0 }
    }
    const decision = await accept(request, isGone)
    if (decision.kind === 'rate_limit')
      refused.remember(userId, { tatMicros: decision.partsTatMicros, spending: NOTHING_SPENT })
    return decision
  }
}
