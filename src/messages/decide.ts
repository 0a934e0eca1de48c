import { decideKey, keepAnswer } from '../idempotency/index.ts'
import type { KnownKeys } from '../idempotency/index.ts'
import { propose } from '../ledger/index.ts'
import type { Account } from '../ledger/index.ts'
import { readBucket, takeUnits } from '../limits/index.ts'
import type { NamedReading, RateLimit } from '../limits/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { Accepted, Decision, SendRequest } from './types.ts'

/** A request under the identifier that it keeps, however often its transaction runs. */
export interface Submitted extends SendRequest {
  smsIdentifier: string
}

/** Of one recipient, in the smallest unit. */
export type Prices = Readonly<Record<MessageClass, number>>

export interface Decided {
  request: Submitted
  decision: Decision
}

/** What a batch is decided from, read under the locks of its customers' balances. */
export interface DecisionBasis {
  prices: Prices
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
  return requests.map((request) => ({ request, decision: decideOne(request, basis) }))
}

function decideOne(request: Submitted, { prices, accounts, locked, known }: DecisionBasis): Decision {
  const { smsIdentifier, userId, type, recipients, parts = 1, partsLimit, keyed, refusal } = request
  if (locked.has(userId)) return { kind: 'account_locked' }
  const key = keyed && decideKey(known, keyed.request)
  if (key?.kind === 'reused') return { kind: 'key_reused' }
  if (key?.kind === 'replay') return { kind: 'replayed', answer: key.answer }
  if (refusal) return { kind: 'refused', problem: refusal }
  const account = accounts.get(userId)
  const cost = recipients.length * prices[type]
  const taken =
    account && partsLimit
      ? takeUnits(account.partsTatMicros, partsLimit, account.lockedAtMicros, recipients.length * parts)
      : undefined
  if (taken && !taken.isAllowed)
    return {
      kind: 'rate_limit',
      ...{ retryAfterMs: taken.retryAfterMs, partsTatMicros: taken.tatMicros },
      ...partsLeft(account, partsLimit),
    }
  if (!account || account.balance < cost)
    return { kind: 'insufficient_balance', cost, balance: account?.balance ?? 0 }
  if (taken) account.partsTatMicros = taken.tatMicros
  propose(account, {
    transactionId: smsIdentifier,
    recipientNo: 0,
    type: 'charge',
    amount: -cost,
    description: `${recipients.length} ${type} ${recipients.length === 1 ? 'message' : 'messages'}`,
  })
  const accepted: Accepted = {
    ...{ kind: 'accepted', smsIdentifier, recipients: recipients.length, cost },
    ...partsLeft(account, partsLimit),
  }
  if (keyed) keepAnswer(known, { ...keyed.request, identifier: smsIdentifier, ...keyed.answerOf(accepted) })
  return accepted
}

/** What the customer may still send, for the answer's header fields. */
function partsLeft(
  account: Account | undefined,
  limit: RateLimit | null | undefined,
): { partsLeft?: NamedReading } {
  if (!account || !limit) return {}
  const reading = readBucket(account.partsTatMicros, limit, account.lockedAtMicros)
  return { partsLeft: { name: 'parts', limit, ...reading } }
}
