import type { Selectable } from 'kysely'
import type { ApiKeys } from '../../db/schema.ts'
import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { SCOPES } from '../primitives/access.ts'
import type { KeyMode, Scope } from '../primitives/access.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { ApiKey, Page, PageQuery } from './types.ts'
import { fromWords } from './words.ts'

/** Whose keys, and which of them. */
export interface KeyOwner {
  userId: number
  /** A test key sees and changes test keys alone. */
  modes: readonly KeyMode[]
}

/** @returns a customer's keys, newest first, revoked ones included. */
export function listKeys(db: Db, owner: KeyOwner, { limit, before }: PageQuery): Promise<Page<ApiKey>> {
  return read(db, 'accounts.list_keys', async (reader) => {
    const query = reader
      .selectFrom('api_keys')
      .selectAll()
      .where('user_id', '=', owner.userId)
      .where('mode', 'in', [...owner.modes])
      .orderBy('id', 'desc')
    const page = before === undefined ? query : query.where('id', '<', identifierToBytes(before))
    const rows = await page.limit(limit + 1).execute()
    const items = rows.slice(0, limit).map(toApiKey)
    return { items, nextBefore: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
  })
}

export function toApiKey(row: Selectable<ApiKeys>): ApiKey {
  return {
    id: identifierFromBytes(row.id),
    name: row.name,
    hint: row.hint,
    mode: row.mode,
    scopes: toScopes(row.scopes),
    expiresAt: row.expires_at,
    allowedSources: fromWords(row.allowed_sources),
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
  }
}

/** A scope that a newer program wrote gives nothing here. */
export function toScopes(words: string): Scope[] {
  const given = words.split(',')
  return SCOPES.filter((scope) => given.includes(scope))
}
