import { sql } from 'kysely'
import { topUp } from '../ledger/index.ts'
import { databaseNowMs, read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { SCOPES } from '../primitives/access.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import { hasTariffs } from '../tariffs/index.ts'
import type { AccountsContext } from './change.ts'
import { createCustomer, NO_LIMITS } from './createCustomer.ts'
import { createKey } from './createKey.ts'
import { hashKey } from './keyText.ts'
import { createTariff } from './tariffs.ts'

/** Known to everyone: it is good only where nothing but this machine is served. */
export const DEMO_KEY = 'secret'
const DEMO_HASH = hashKey(DEMO_KEY)
const DEMO_BALANCE = 100_000
/** As PRICE_PER_PART_CENTS has it by default. */
const DEMO_PRICE_PER_PART = 5
const ACTOR = 'make up'

export function isDemoKey(hash: Buffer): boolean {
  return DEMO_HASH.equals(hash)
}

/** Whether the demo client's key is valid in this database. */
export async function hasDemoKey(db: Db): Promise<boolean> {
  return (await findDemoClient(db))?.is_valid === 1
}

/**
 * Creates the demo client with its balance, its key and its tariff, each once in a database: a key that was revoked and a
 * tariff that was ended stay so. @param pricePerPart in the smallest unit.
 */
export async function createDemoClient(
  context: AccountsContext,
  pricePerPart = DEMO_PRICE_PER_PART,
): Promise<void> {
  const { db } = context
  if (!(await findDemoClient(db))) await createWithKey(context)
  const client = await findDemoClient(db)
  if (!client) throw new Error('the demo client is not there after it was created')
  // Also for one that was created before there were tariffs.
  if (await read(db, 'accounts.find_demo_tariff', (reader) => hasTariffs(reader, client.user_id))) return
  const values = {
    ...{ customer: identifierFromBytes(client.public_id), type: null, destinationPrefix: '' },
    ...{ per: 'part' as const, price: pricePerPart, validFromMs: databaseNowMs(db), validUntilMs: null },
  }
  const decision = await createTariff(context, values, ACTOR)
  if (decision.kind !== 'created') throw new Error(`the demo client got no tariff: ${decision.kind}`)
}

async function createWithKey(context: AccountsContext): Promise<void> {
  const { db, newId } = context
  const values = { name: 'Demo client', tier: 'premium' as const, ...NO_LIMITS }
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

/** The customer of the demo client's key, revoked or not. */
function findDemoClient(
  db: Db,
): Promise<{ user_id: number; public_id: Buffer; is_valid: number } | undefined> {
  return read(db, 'accounts.find_demo_client', async (reader) => {
    const { rows } = await sql<{ user_id: number; public_id: Buffer; is_valid: number }>`
      SELECT c.user_id, c.public_id, k.revoked_at IS NULL AS is_valid
      FROM api_keys k JOIN customers c ON c.user_id = k.user_id WHERE k.key_hash = ${DEMO_HASH}`.execute(
      reader,
    )
    return rows[0]
  })
}
