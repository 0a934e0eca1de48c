import { sql } from 'kysely'
import { ensureAccount, hasAccount } from '../ledger/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import { changeAccounts } from './change.ts'
import type { AccountsContext } from './change.ts'
import { toApiKey } from './keys.ts'
import { makeKey } from './keyText.ts'
import type { KeyText } from './keyText.ts'
import type { ApiKey, KeyRequest } from './types.ts'

export type CreateKeyDecision =
  /** `text` is the key itself, which cannot be read again. */
  { kind: 'created'; key: ApiKey; text: string } | { kind: 'too_many_keys' }

/**
 * A customer needs a few, and two of each during a rotation. Revoked keys count for a day: each change makes every process
 * look its keys up again.
 */
export const KEYS_MAX = 100

/** Creates a key of a customer. `keyText` is given only for the demo client, whose key is known. */
export function createKey(
  context: AccountsContext,
  userId: number,
  request: KeyRequest,
  actor: string,
  keyText: KeyText = makeKey(request.mode),
): Promise<CreateKeyDecision> {
  const id = context.newId()
  return changeAccounts<CreateKeyDecision>(context, 'accounts.create_key', async (tx) => {
    if ((await countKeys(tx, userId)) >= KEYS_MAX) return { result: { kind: 'too_many_keys' } }
    await insertKey(tx, { id, userId, keyText, request })
    // Its messages cost nothing and are accepted under the lock of a balance, which a new customer does not have. One that
    // is there may be locked, and all changes of accounts would wait with this one.
    if (request.mode === 'test' && !(await hasAccount(tx, userId))) await ensureAccount(tx, userId)
    const { name, mode, scopes, expiresAt, allowedSources } = request
    const details = { id, hint: keyText.hint, name, mode, scopes, expiresAt, allowedSources }
    return {
      result: { kind: 'created', key: await readBack(tx, id), text: keyText.text },
      change: { actor, action: 'key.create', userId, details },
    }
  })
}

async function countKeys(tx: Tx, userId: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`SELECT COUNT(*) AS count FROM api_keys
    WHERE user_id = ${userId} AND (revoked_at IS NULL OR created_at > NOW(3) - INTERVAL 1 DAY)`.execute(tx)
  return rows[0]?.count ?? 0
}

interface NewKey {
  id: string
  userId: number
  keyText: KeyText
  request: KeyRequest
}

async function insertKey(tx: Tx, { id, userId, keyText, request }: NewKey): Promise<void> {
  await tx
    .insertInto('api_keys')
    .values({
      id: identifierToBytes(id),
      key_hash: keyText.hash,
      user_id: userId,
      name: request.name,
      hint: keyText.hint,
      mode: request.mode,
      scopes: request.scopes.join(','),
      allowed_sources: request.allowedSources?.join(',') ?? null,
      expires_at: request.expiresAt,
      created_at: sql`NOW(3)`,
    })
    .execute()
}

async function readBack(tx: Tx, id: string): Promise<ApiKey> {
  const row = await tx
    .selectFrom('api_keys')
    .selectAll()
    .where('id', '=', identifierToBytes(id))
    .executeTakeFirstOrThrow()
  return toApiKey(row)
}
