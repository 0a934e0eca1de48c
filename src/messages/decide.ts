import { decideKey, keepAnswer } from '../idempotency/index.ts'
import type { KnownKeys } from '../idempotency/index.ts'
import { CALLBACKS, keepsEvents, makesEvents } from '../events/index.ts'
import { propose } from '../ledger/index.ts'
import type { Account } from '../ledger/index.ts'
import { applyLimits } from '../limits/index.ts'
import type { LimitDecision, NamedReading, RateLimit, Usage } from '../limits/index.ts'
import type { RequestPrice } from '../tariffs/index.ts'
import { departureOf } from './departures.ts'
import type { Departure } from './departures.ts'
import { callbackSecretRequired } from './callbackSecretRequired.ts'
import { limitsOf, partsOf, priceOfRequest } from './demand.ts'
import type { Price } from './priceRequest.ts'
import { rateLimited, readPartsLeft } from './rateLimited.ts'
import type { BucketAt } from './rateLimited.ts'
import type { Accepted, Decision, SendRequest } from './types.ts'

/** A request under the identifier that it keeps, however often its transaction runs. */
export interface Submitted extends SendRequest {
  smsIdentifier: string
}

type Refused = Exclude<Decision, Accepted>

/** What is written of an accepted request beside what it says. */
export interface AcceptedRequest {
  request: Submitted
  decision: Accepted
  /** What was charged. */
  price: RequestPrice
  /** The mark of its recipients (see events). */
  makesEvents: number
  departure: Departure
  /** The threshold that its charge took the balance below; undefined for none. */
  lowBalance: number | undefined
}

/** A request with its decision. */
export type Decided =
  AcceptedRequest | { request: Submitted; decision: Refused; price?: undefined; departure?: undefined }

/** What a batch is decided from, read under the locks of its customers' balances. */
export interface DecisionBasis {
  price: Price
  accounts: Map<number, Account>
  /** Customers whose balances are locked elsewhere. */
  locked: ReadonlySet<number>
  /** Idempotency keys that were used before; those of this batch are added. */
  known: KnownKeys
}

/**
 * Decides requests in order of arrival and proposes their debits to the locked accounts: what an earlier request takes
 * is not there for a later one (invariant 2). A repeat is found before limits are applied, and a refusal uses no limit.
 */
export function decide(requests: Submitted[], basis: DecisionBasis): Decided[] {
  return requests.map((request) => {
    const refused = decideRepeat(request, basis)
    return refused ? { request, decision: refused } : decideNew(request, basis)
  })
}

/** @returns the decision of what is not a new request, or must not be one now. */
function decideRepeat(
  { userId, keyed, refusal }: Submitted,
  { locked, known }: DecisionBasis,
): Refused | undefined {
  if (locked.has(userId)) return { kind: 'account_locked' }
  const key = keyed && decideKey(known, keyed.request)
  if (key?.kind === 'reused') return { kind: 'key_reused' }
  if (key?.kind === 'replay') return { kind: 'replayed', answer: key.answer }
  return refusal && { kind: 'refused', problem: refusal }
}

function decideNew(request: Submitted, { price: priceOf, accounts, known }: DecisionBasis): Decided {
  const { smsIdentifier, userId, recipients, partsLimit, keyed, callbackUrl } = request
  const account = accounts.get(userId)
  // To a customer without a balance, and so to a key that names another one, a test message is answered like a live one.
  const price = priceOfRequest(account ? request : { ...request, isTest: false }, priceOf)
  const { cost } = price
  const limited = account && limit(request, account, cost)
  const refused = refuseNew(request, { account, cost, limited })
  if (refused) return { request, decision: refused }
  if (!account || account.balance < cost)
    return { request, decision: { kind: 'insufficient_balance', cost, balance: account?.balance ?? 0 } }
  const departure = departureOf(request, account)
  if ('kind' in departure)
    return { request, decision: { kind: 'delayed_too_far', retryAfterMs: departure.retryAfterMs } }
  if (limited?.kind === 'within') use(account, limited.usage)
  account.sendingTatMicros = departure.tatMicros
  const { balance: before, eventSinks: sinks } = account
  propose(account, {
    transactionId: smsIdentifier,
    recipientNo: 0,
    type: 'charge',
    // Not -cost, which is -0 for a test message.
    amount: 0 - cost,
    description: describeCharge(request),
  })
  const decision: Accepted = {
    ...{ kind: 'accepted', smsIdentifier, recipients: recipients.length, cost },
    ...partsLeft(account, partsLimit),
    ...(departure.delayed && { delayedUntil: departure.delayed.until }),
  }
  if (keyed) keepAnswer(known, { ...keyed.request, identifier: smsIdentifier, ...keyed.answerOf(decision) })
  return {
    ...{ request, decision, price, departure },
    makesEvents: makesEvents(sinks, callbackUrl !== undefined),
    lowBalance: keepsEvents(sinks) ? passedThreshold(account, before) : undefined,
  }
}

/** @returns the threshold that the balance fell below by one charge. */
function passedThreshold({ balance, lowBalance }: Account, before: number): number | undefined {
  return lowBalance !== null && before >= lowBalance && balance < lowBalance ? lowBalance : undefined
}

/** A test message is charged nothing, so that each request has its entry in the ledger. */
function describeCharge({ recipients, type, isTest }: Submitted): string {
  const noun = recipients.length === 1 ? 'message' : 'messages'
  return [recipients.length, type, ...(isTest ? ['test'] : []), noun].join(' ')
}

/** What is refused whatever the balance is. */
function refuseNew(
  request: Submitted,
  {
    account,
    cost,
    limited,
  }: { account: Account | undefined; cost: number; limited: LimitDecision | undefined },
): Refused | undefined {
  const { maxPrice, callbackUrl } = request
  if (maxPrice !== undefined && cost > maxPrice) return { kind: 'price_exceeded', cost, maxPrice }
  if (account && callbackUrl !== undefined && (account.eventSinks & CALLBACKS) === 0)
    return { kind: 'refused', problem: callbackSecretRequired() }
  if (!account || !limited || limited.kind === 'within') return undefined
  const usage = usageOf(account)
  if (limited.kind === 'spend_limit') return { ...limited, usage }
  return { ...rateLimited(limited, { ...bucketOf(account), parts: partsOf(request) }), usage }
}

/** @returns undefined for a customer without limits. */
function limit(request: SendRequest, account: Account, cost: number): LimitDecision | undefined {
  const limits = limitsOf(request)
  if (!limits.parts && !limits.spend) return undefined
  return applyLimits(usageOf(account), limits, { parts: partsOf(request), cost }, account.lockedAtMicros)
}

function usageOf({ partsTatMicros, spending }: Account): Usage {
  return { tatMicros: partsTatMicros, spending }
}

function use(account: Account, { tatMicros, spending }: Usage): void {
  account.partsTatMicros = tatMicros
  account.spending = spending
}

/** What the customer may still send, for the answer's header fields. */
function partsLeft(
  account: Account | undefined,
  limit: RateLimit | null | undefined,
): { partsLeft?: NamedReading } {
  return account && limit ? { partsLeft: readPartsLeft(limit, bucketOf(account)) } : {}
}

function bucketOf({ partsTatMicros, lockedAtMicros: nowMicros }: Account): BucketAt {
  return { partsTatMicros, nowMicros }
}
