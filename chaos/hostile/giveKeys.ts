import { closeDb, openDb } from '../../src/platform/db/index.ts'
import { accountsOf, giveAccount, giveKey } from '../giveKey.ts'
import type { World } from './draw.ts'

/** The engine's ADMIN_API_KEY. */
export const ADMIN_KEY = 'the-admin-key-of-the-hostile-requests'
const ACTOR = 'make hostile'
/** The limit of its tier is met now and then. */
const CUSTOMER = { name: 'Hostile', partsPerMinute: null, partsBurst: null }

/** Creates a customer with a live and a test key that may do everything. Its money never moves. */
export async function giveKeys(databaseUrl: string): Promise<World['keys']> {
  const db = openDb({ url: databaseUrl, maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 60 })
  try {
    const context = accountsOf(db)
    const { userId } = await giveAccount(context, CUSTOMER, ACTOR)
    const customer = await giveKey(context, userId, 'live', ACTOR)
    return { customer, test: await giveKey(context, userId, 'test', ACTOR), admin: ADMIN_KEY }
  } finally {
    await closeDb(db)
  }
}
