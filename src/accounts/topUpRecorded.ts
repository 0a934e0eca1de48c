import { topUp } from '../ledger/index.ts'
import type { TopUpDecision, TopUpRequest } from '../ledger/index.ts'
import { recordChange } from './adminLog.ts'
import type { AccountsContext } from './change.ts'

/** Adds money through the ledger, and records who did it in the same transaction. A repeat is not recorded again. */
export function topUpRecorded(
  { db, newId }: AccountsContext,
  request: TopUpRequest,
  actor: string,
): Promise<TopUpDecision> {
  const transactionId = newId()
  const logId = newId()
  const { userId, amount, description } = request
  const details = { amount, description, transactionId }
  return topUp(db, request, transactionId, (tx) =>
    recordChange(tx, logId, { actor, action: 'customer.top_up', userId, details }),
  )
}
