import { rateLimitFields, retryAfterSeconds } from '../../limits/index.ts'
import { Problem } from '../../primitives/problem.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import type { Decision } from '../types.ts'

export type Refused = Exclude<Decision, { kind: 'accepted' | 'replayed' }>

/** Until messages of test keys have an operator of their own, none is accepted: a real one would send them. */
export function testKeyCannotSend(): Problem {
  return new Problem(403, 'test_key_cannot_send', 'A test key cannot send here. Nothing was sent or charged.')
}

/** @returns what the client is told when its message was not accepted, or when that is not known. */
export function refuseSend(decision: Refused, { isKeyed = false } = {}): Problem | Unavailable {
  switch (decision.kind) {
    case 'insufficient_balance': {
      const { cost, balance } = decision
      const shortfall = cost - balance
      const detail = `The balance of ${balance} is ${shortfall} short of the cost of ${cost}. Nothing was charged.`
      return new Problem(402, 'insufficient_balance', detail, { members: { cost, balance, shortfall } })
    }
    case 'unavailable':
      return new Unavailable(
        'unavailable',
        'Messages cannot be accepted at the moment. Nothing was charged; retry.',
        { retryAfterSeconds: decision.retryAfterSeconds },
      )
    case 'account_locked':
      return new Unavailable(
        'account_locked',
        "Another change to this customer's balance is in progress. Nothing was charged; retry.",
      )
    case 'refused':
      return decision.problem
    case 'key_reused':
      return new Problem(
        422,
        'idempotency_key_reused',
        'Another request used this Idempotency-Key. Nothing was charged; use a new key for another request.',
      )
    case 'rate_limit':
      return new Problem(
        429,
        'rate_limit',
        'More message parts than your limit admits now. Nothing was charged.',
        {
          headers: {
            'Retry-After': String(retryAfterSeconds(decision.retryAfterMs)),
            ...rateLimitFields(decision.partsLeft ? [decision.partsLeft] : []),
          },
        },
      )
    case 'outcome_unknown':
      if (isKeyed)
        return new Unavailable(
          'outcome_unknown',
          'The message may or may not have been accepted. Repeat the request with the same Idempotency-Key: it is charged once.',
          { retryAfterSeconds: 1 },
        )
      // No Retry-After: a client that retries automatically would send, and pay, twice.
      return new Problem(
        503,
        'outcome_unknown',
        'The message may or may not have been accepted. Look up its sms_identifier in the history before sending again.',
        { members: { sms_identifier: decision.smsIdentifier } },
      )
  }
}

/** The customer named the most that it wants to pay. */
export function priceExceeded(cost: number, maxPrice: number): Problem {
  const detail = `The message costs ${cost}, and max_price is ${maxPrice}. Nothing was charged.`
  return new Problem(409, 'price_exceeded', detail, { members: { cost, max_price: maxPrice } })
}
