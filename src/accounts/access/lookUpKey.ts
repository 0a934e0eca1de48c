import { sql } from 'kysely'
import { read } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import type { KeyMode, Tier } from '../../primitives/access.ts'
import { identifierFromBytes } from '../../primitives/identifier.ts'
import type { OnUnknown } from '../../primitives/onUnknown.ts'
import { addressCheckOf } from '../../primitives/ipRange.ts'
import { toScopes } from '../keys.ts'
import { toSending } from '../sendingColumns.ts'
import type { SendingColumns } from '../sendingColumns.ts'
import { fromWords } from '../words.ts'
import type { KnownKey } from './keyCache.ts'

interface Row extends SendingColumns {
  revision: number
  id: Buffer | null
  user_id: number
  key_name: string
  hint: string
  mode: KeyMode
  scopes: string
  allowed_sources: string | null
  expires_at: Date | null
  public_id: Buffer
  name: string
  tier: Tier
  parts_per_minute: number | null
  parts_burst: number | null
  requests_per_second: number | null
  allowed_senders: string | null
  spend_per_day: number | null
  spend_per_month: number | null
  on_unknown: OnUnknown | null
  guaranteed_within_ms: number | null
  hedge: number
}

/** One statement, so that the key is as it was at this revision. */
function selectKey(hash: Buffer) {
  return sql<Row>`SELECT r.revision, k.id, k.user_id, k.name AS key_name, k.hint, k.mode, k.scopes, k.allowed_sources,
      k.expires_at, c.public_id, c.name, c.tier, c.parts_per_minute, c.parts_burst, c.requests_per_second,
      c.spend_per_day, c.spend_per_month, c.allowed_senders, c.on_unknown,
      c.normal_weight, c.sending_parts_per_second, c.window_from, c.window_to, c.window_zone, c.window_express,
      c.guaranteed_within_ms, c.hedge
    FROM access_revision r
    LEFT JOIN (api_keys k JOIN customers c ON c.user_id = k.user_id)
      ON k.key_hash = ${hash} AND k.revoked_at IS NULL
    WHERE r.id = 1`
}

/** @returns the key with this hash, unless it is unknown or revoked, and the revision at which that is so. */
export function lookUpKey(db: Db, hash: Buffer): Promise<{ revision: number; key?: KnownKey }> {
  return read(db, 'accounts.look_up_key', async (reader) => {
    const { rows } = await selectKey(hash).execute(reader)
    const [row] = rows
    if (!row) throw new Error('access_revision has no row')
    const { revision, id } = row
    return id === null ? { revision } : { revision, key: toKnownKey(row, identifierFromBytes(id)) }
  })
}

function toKnownKey(row: Row, id: string): KnownKey {
  const allowedSources = fromWords(row.allowed_sources)
  return {
    access: {
      customer: {
        userId: row.user_id,
        publicId: identifierFromBytes(row.public_id),
        name: row.name,
        tier: row.tier,
        partsPerMinute: row.parts_per_minute,
        partsBurst: row.parts_burst,
        requestsPerSecond: row.requests_per_second,
        allowedSenders: fromWords(row.allowed_senders),
        spendPerDay: row.spend_per_day,
        spendPerMonth: row.spend_per_month,
        onUnknown: row.on_unknown,
        ...toSending(row),
        guaranteedWithinMs: row.guaranteed_within_ms,
        hedge: row.hedge === 1,
      },
      key: {
        id,
        name: row.key_name,
        hint: row.hint,
        mode: row.mode,
        scopes: toScopes(row.scopes),
        expiresAt: row.expires_at,
        allowedSources,
      },
      isAdmin: false,
      isTest: row.mode === 'test',
      isOpen: false,
      actor: `key ${id}`,
    },
    expiresAtMs: row.expires_at?.getTime() ?? Infinity,
    ...(allowedSources ? { isAllowedSource: addressCheckOf(allowedSources) } : {}),
  }
}
