import { createCustomer, createKey, NO_LIMITS } from '../../src/accounts/index.ts'
import type { AccountsContext, ApiKey, Customer, KeyRequest } from '../../src/accounts/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { SCOPES } from '../../src/primitives/access.ts'
import { newIdOf } from '../support/arrange.ts'

export const ACTOR = 'test'

export function contextOf(db: Db): AccountsContext {
  return { db, newId: newIdOf(db) }
}

export async function newCustomer(db: Db, name = 'Example Ltd', userId?: number): Promise<Customer> {
  const values = { name, tier: 'basic' as const, ...NO_LIMITS, userId }
  const decision = await createCustomer(contextOf(db), values, ACTOR)
  if (decision.kind !== 'created') throw new Error(`creating a customer came to ${decision.kind}`)
  return decision.customer
}

/** A live key with every scope, unless told otherwise. */
export async function newKey(
  db: Db,
  userId: number,
  request: Partial<KeyRequest> = {},
): Promise<{ key: ApiKey; text: string }> {
  const whole = {
    ...{ name: 'key', mode: 'live' as const, scopes: SCOPES, expiresAt: null, allowedSources: null },
    ...request,
  }
  const decision = await createKey(contextOf(db), userId, whole, ACTOR)
  if (decision.kind !== 'created') throw new Error(`creating a key came to ${decision.kind}`)
  return decision
}
