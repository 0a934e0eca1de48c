import { keyReused } from '../../idempotency/index.ts'
import { DELAY_DAYS_MAX, rateLimitFields, retryAfterSeconds } from '../../limits/index.ts'
import type { NamedReading, SpendRefusal } from '../../limits/index.ts'
import { Problem } from '../../primitives/problem.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import { accountLocked } from '../accountLocked.ts'
import { backlog } from '../backlogged.ts'
import type { Decision } from '../types.ts'

export type Refused = Exclude<Decision, { kind: 'accepted' | 'replayed' }>

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
    case 'backlog':
      return backlog(decision)
    case 'account_locked':
      return accountLocked()
    case 'refused':
      return decision.problem
    case 'price_exceeded':
      return priceExceeded(decision.cost, decision.maxPrice)
    case 'key_reused':
      return keyReused()
    case 'rate_limit':
      return tooManyParts('More message parts than your limit admits now. Nothing was charged.', decision)
    case 'spend_limit':
      return spendLimit(decision)
    case 'delayed_too_far':
      return delayedTooFar(decision.retryAfterMs)
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

/** `parts` is what the request has in all. */
export function tooManyParts(
  detail: string,
  { parts, partsLeft, retryAfterMs }: { parts: number; partsLeft: NamedReading; retryAfterMs: number },
): Problem {
  const { units: per_minute, burst } = partsLeft.limit
  const retry_after_seconds = retryAfterSeconds(retryAfterMs)
  return new Problem(429, 'rate_limit', detail, {
    members: { parts, per_minute, burst, retry_after_seconds },
    headers: { 'Retry-After': String(retry_after_seconds), ...rateLimitFields([partsLeft]) },
  })
}

/** The customer is bound to a list of senders, and this is none of them. */
export function senderNotAllowed(): Problem {
  return new Problem(
    403,
    'sender_not_allowed',
    'Your messages may not be from this sender. Nothing was sent or charged.',
  )
}

/** What the customer's window or rate admits is taken for the next days. */
function delayedTooFar(retryAfterMs: number): Problem {
  const retry_after_seconds = retryAfterSeconds(retryAfterMs)
  const detail =
    `By your sending window or rate the message would leave more than ${DELAY_DAYS_MAX} days after its time. ` +
    'Nothing was charged.'
  return new Problem(429, 'delayed_too_far', detail, {
    members: { retry_after_seconds },
    headers: { 'Retry-After': String(retry_after_seconds) },
  })
}

function spendLimit({ period, limit, spent, resetsAtMs }: SpendRefusal): Problem {
  const resetsAt = new Date(resetsAtMs).toISOString()
  const detail = `The message would pass your limit of ${limit} a ${period}: ${spent} are spent. Nothing was charged.`
  return new Problem(402, 'spend_limit', detail, { members: { period, limit, spent, resets_at: resetsAt } })
}

/** The customer named the most that it wants to pay. */
export function priceExceeded(cost: number, maxPrice: number): Problem {
  const detail = `The message costs ${cost}, and max_price is ${maxPrice}. Nothing was charged.`
  return new Problem(409, 'price_exceeded', detail, { members: { cost, max_price: maxPrice } })
}
