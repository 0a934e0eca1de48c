import { sql } from 'kysely'
import { topUp } from '../ledger/index.ts'
import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { SCOPES } from '../primitives/access.ts'
import type { AccountsContext } from './change.ts'
import { createCustomer } from './createCustomer.ts'
import { createKey } from './createKey.ts'
import { hashKey } from './keyText.ts'

/** Known to everyone: it is good only where nothing but this machine is served. */
export const DEMO_KEY = 'secret'
const DEMO_HASH = hashKey(DEMO_KEY)
const DEMO_BALANCE = 100_000
const ACTOR = 'make up'

export function isDemoKey(hash: Buffer): boolean {
  return DEMO_HASH.equals(hash)
}

/** Whether the demo client's key is valid in this database. */
export async function hasDemoKey(db: Db): Promise<boolean> {
  return (await countDemoKeys(db, 'valid')) > 0
}

/** Creates the demo client with its balance and key, once in a database: a key that was revoked stays so. */
export async function createDemoClient(context: AccountsContext): Promise<void> {
  const { db, newId } = context
  if ((await countDemoKeys(db, 'any')) > 0) return
  const noLimits = { partsPerMinute: null, partsBurst: null, requestsPerSecond: null }
  const values = { name: 'Demo client', tier: 'premium' as const, ...noLimits }
  const decision = await createCustomer(context, values, ACTOR)
  if (decision.kind !== 'created') throw new Error(`the demo client could not be created: ${decision.kind}`)
  const { userId } = decision.customer
  await topUp(db, { userId, amount: DEMO_BALANCE, description: 'initial balance' }, newId())
  const request = {
    ...{ name: 'demo', mode: 'live' as const, scopes: SCOPES },
    ...{ expiresAt: null, allowedSources: null },
  }
  await createKey(context, userId, request, ACTOR, { text: DEMO_KEY, hash: DEMO_HASH, hint: 'demo' })
}

function countDemoKeys(db: Db, which: 'any' | 'valid'): Promise<number> {
  const condition = which === 'any' ? sql`TRUE` : sql`revoked_at IS NULL`
  return read(db, 'accounts.find_demo_key', async (reader) => {
    const { rows } = await sql<{ count: number }>`SELECT COUNT(*) AS count FROM api_keys
      WHERE key_hash = ${DEMO_HASH} AND ${condition}`.execute(reader)
    return rows[0]?.count ?? 0
  })
}
