import { createCustomer, createKey, NO_LIMITS } from '../src/accounts/index.ts'
import type { AccountsContext, CustomerValues } from '../src/accounts/index.ts'
import { databaseNowMs, read } from '../src/platform/db/index.ts'
import type { Db } from '../src/platform/db/index.ts'
import { SCOPES } from '../src/primitives/access.ts'
import type { KeyMode } from '../src/primitives/access.ts'
import { identifierFromBytes, identifierMaker } from '../src/primitives/identifier.ts'

export type NewCustomer = Pick<CustomerValues, 'name'> &
  Partial<Omit<CustomerValues, 'name' | 'tier'>> & { userId?: number }

/** Above what a process serves: no client of a run is to meet a limit by chance. */
const HARDLY_LIMITED = {
  ...NO_LIMITS,
  ...{ partsPerMinute: 600_000, partsBurst: 600_000, requestsPerSecond: 10_000 },
}

/** Makes identifiers by the database's clock, as the program does. */
export function accountsOf(db: Db): AccountsContext {
  return { db, newId: identifierMaker(() => databaseNowMs(db)) }
}

/** A customer by its number and by what the API calls it. */
export interface Account {
  userId: number
  publicId: string
}

/** Creates a customer, unless one has its number already. */
export async function giveAccount(
  context: AccountsContext,
  customer: NewCustomer,
  actor: string,
): Promise<Account> {
  const made = await createCustomer(context, { ...HARDLY_LIMITED, ...customer, tier: 'premium' }, actor)
  if (made.kind === 'created') return made.customer
  const { userId } = customer
  const row =
    userId !== undefined &&
    (await read(context.db, 'chaos.customer', (reader) =>
      reader.selectFrom('customers').select('public_id').where('user_id', '=', userId).executeTakeFirst(),
    ))
  if (userId === undefined || !row) throw new Error(`creating a customer came to ${made.kind}`)
  return { userId, publicId: identifierFromBytes(row.public_id) }
}

/** Creates a key that may do everything. @returns the key. */
export async function giveKey(
  context: AccountsContext,
  userId: number,
  mode: KeyMode,
  actor: string,
): Promise<string> {
  const request = { name: `${mode} key`, mode, scopes: SCOPES, expiresAt: null, allowedSources: null }
  const decision = await createKey(context, userId, request, actor)
  if (decision.kind !== 'created') throw new Error(`creating a key came to ${decision.kind}`)
  return decision.text
}
