import { topUp } from '../ledger/index.ts'
import { read } from '../platform/db/index.ts'
import { recordChange } from './adminLog.ts'
import type { AccountsContext } from './change.ts'
import { findCustomer } from './customers.ts'

/** Money that an admin adds. `description` is for the ledger, at most 255 characters. */
export interface CustomerTopUp {
  userId: number
  amount: number
  description: string
}

export type CustomerTopUpDecision = Awaited<ReturnType<typeof topUp>>

/** Adds money through the ledger, and records who did it in the same transaction. */
export function topUpRecorded(
  { db, newId }: AccountsContext,
  request: CustomerTopUp,
  actor: string,
): Promise<CustomerTopUpDecision> {
  const transactionId = newId()
  const logId = newId()
  const { userId, amount, description } = request
  const details = { amount, description, transactionId }
  return topUp(db, request, transactionId, (tx) =>
    recordChange(tx, logId, { actor, action: 'customer.top_up', userId, details }),
  )
}

/** The same for a customer by its public identifier; undefined when there is none. */
export async function topUpCustomer(
  context: AccountsContext,
  publicId: string,
  request: Omit<CustomerTopUp, 'userId'>,
  actor: string,
): Promise<CustomerTopUpDecision | undefined> {
  const customer = await read(context.db, 'accounts.find_customer', (reader) =>
    findCustomer(reader, publicId),
  )
  return customer && topUpRecorded(context, { ...request, userId: customer.userId }, actor)
}
