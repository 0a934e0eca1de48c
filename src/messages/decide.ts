import { propose } from '../ledger/index.ts'
import type { Account } from '../ledger/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { Decision, SendRequest } from './types.ts'

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

/**
 * Decides requests in order of arrival and proposes their debits to the locked accounts: what an earlier request takes
 * is not there for a later one (invariant 2).
 */
export function decide(
  requests: Submitted[],
  prices: Prices,
  { accounts, locked }: { accounts: Map<number, Account>; locked: ReadonlySet<number> },
): Decided[] {
  return requests.map((request) => ({
    request,
    decision: locked.has(request.userId)
      ? { kind: 'account_locked' }
      : decideOne(request, prices, accounts.get(request.userId)),
  }))
}

function decideOne(
  { smsIdentifier, type, recipients: { length: recipients } }: Submitted,
  prices: Prices,
  account: Account | undefined,
): Decision {
  const cost = recipients * prices[type]
  const balance = account?.balance ?? 0
  if (!account || balance < cost) return { kind: 'insufficient_balance', cost, balance }
  const description = `${recipients} ${type} ${recipients === 1 ? 'message' : 'messages'}`
  propose(account, {
    transactionId: smsIdentifier,
    recipientNo: 0,
    type: 'charge',
    amount: -cost,
    description,
  })
  return { kind: 'accepted', smsIdentifier, recipients, cost }
}
