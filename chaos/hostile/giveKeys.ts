import { createCustomer, createKey } from '../../src/accounts/index.ts'
import { closeDb, databaseNowMs, openDb } from '../../src/platform/db/index.ts'
import { SCOPES } from '../../src/primitives/access.ts'
import { identifierMaker } from '../../src/primitives/identifier.ts'
import type { World } from './draw.ts'

/** The engine's ADMIN_API_KEY. */
export const ADMIN_KEY = 'the-admin-key-of-the-hostile-requests'
const ACTOR = 'make hostile'

/** Creates a customer with a key that may do everything. Its money never moves. */
export async function giveKeys(databaseUrl: string): Promise<World['keys']> {
  const db = openDb({ url: databaseUrl, maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 60 })
  try {
    const context = { db, newId: identifierMaker(() => databaseNowMs(db)) }
    const noLimits = { partsPerMinute: null, partsBurst: null, requestsPerSecond: null }
    const made = await createCustomer(context, { name: 'Hostile', tier: 'premium', ...noLimits }, ACTOR)
    if (made.kind !== 'created') throw new Error(`creating a customer came to ${made.kind}`)
    const request = {
      ...{ name: 'hostile', mode: 'live' as const, scopes: SCOPES },
      ...{ expiresAt: null, allowedSources: null },
    }
    const decision = await createKey(context, made.customer.userId, request, ACTOR)
    if (decision.kind !== 'created') throw new Error(`creating a key came to ${decision.kind}`)
    return { customer: decision.text, admin: ADMIN_KEY }
  } finally {
    await closeDb(db)
  }
}
