import { openRefusedCustomers } from '../limits/index.ts'
import { demandOf, limitsOf } from './demand.ts'
import { rateLimited } from './rateLimited.ts'
import type { Price } from './priceRequest.ts'
import type { Accept } from './shards.ts'

/**
 * Remembers customers whose limit of parts or of spending is used up, so that a flood of one costs no transactions. A
 * request with an idempotency key goes on: it may be a repeat, which limits do not refuse.
 */
export function rememberRefused(accept: Accept, price: Price, nowMs: () => number): Accept {
  const refused = openRefusedCustomers()
  return async (request, isGone) => {
    const { userId, keyed } = request
    if (!keyed && refused.has(userId)) {
      const demand = demandOf(request, price)
      const nowMicros = nowMs() * 1_000
      const refusal = refused.refusalOf(userId, limitsOf(request), demand, nowMicros)
      if (refusal?.kind === 'rate_limit')
        return rateLimited(refusal, {
          ...{ partsTatMicros: refusal.usage.tatMicros, nowMicros, parts: demand.parts },
        })
      if (refusal) return refusal
    }
    const decision = await accept(request, isGone)
    if ('usage' in decision && decision.usage) refused.remember(userId, decision.usage)
    return decision
  }
}
