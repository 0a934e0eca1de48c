import { sql } from 'kysely'
import { identifierToBytes, isIdentifier } from '../primitives/identifier.ts'
import { changeAccounts } from './change.ts'
import type { AccountsContext } from './change.ts'
import { toApiKey } from './keys.ts'
import type { KeyOwner } from './keys.ts'

/**
 * Revokes a key of this customer; a repeat changes nothing. No process accepts the key any more a second later, because
 * each polls the revision. @returns whether the customer has such a key.
 */
export async function revokeKey(
  context: AccountsContext,
  { userId, modes }: KeyOwner,
  keyId: string,
  actor: string,
): Promise<boolean> {
  if (!isIdentifier(keyId)) return false
  const id = identifierToBytes(keyId)
  return changeAccounts(context, 'accounts.revoke_key', async (tx) => {
    const row = await tx
      .selectFrom('api_keys')
      .selectAll()
      .where('id', '=', id)
      .where('user_id', '=', userId)
      .where('mode', 'in', [...modes])
      .executeTakeFirst()
    if (!row) return { result: false }
    if (row.revoked_at) return { result: true }
    await sql`UPDATE api_keys SET revoked_at = NOW(3) WHERE id = ${id}`.execute(tx)
    const { hint, name } = toApiKey(row)
    return {
      result: true,
      change: { actor, action: 'key.revoke', userId, details: { id: keyId, hint, name } },
    }
  })
}
