import { sql } from 'kysely'
import { list, transact } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { identifierToBytes } from '../../primitives/identifier.ts'

/** When keys were used last, noted in memory and written in batches. */
export interface LastUse {
  note(keyId: string): void
  /** @returns the keys to be written now: those noted that were not written within the last minute. At most a batch. */
  take(): string[]
}

/** So often is a key's last use written at most. */
const WRITTEN_EVERY_MS = 60_000
/** One statement. The rest follows in the next round. */
const BATCH_MAX = 500
/** Keys remembered as written. Beyond, the oldest is forgotten and perhaps written early. */
const KEYS_MAX = 50_000

export function openLastUse(nowMs: () => number = () => performance.now()): LastUse {
  const noted = new Set<string>()
  const writtenAtMs = new Map<string, number>()
  return {
    note(keyId) {
      if (noted.size < KEYS_MAX && nowMs() - (writtenAtMs.get(keyId) ?? -Infinity) >= WRITTEN_EVERY_MS)
        noted.add(keyId)
    },
    take() {
      const batch = [...noted].slice(0, BATCH_MAX)
      for (const keyId of batch) {
        noted.delete(keyId)
        writtenAtMs.delete(keyId)
        const [oldest] = writtenAtMs.size >= KEYS_MAX ? writtenAtMs.keys() : []
        if (oldest !== undefined) writtenAtMs.delete(oldest)
        writtenAtMs.set(keyId, nowMs())
      }
      return batch
    },
  }
}

/** In key order, and only where no other process has just written it. */
export async function writeLastUse(db: Db, keyIds: readonly string[]): Promise<void> {
  if (keyIds.length === 0) return
  const ids = [...keyIds].sort().map(identifierToBytes)
  await transact(db, 'accounts.write_last_use', async (tx) => {
    await sql`UPDATE api_keys SET last_used_at = NOW(3) WHERE id IN (${list(ids)})
      AND (last_used_at IS NULL OR last_used_at < NOW(3) - INTERVAL 1 MINUTE) ORDER BY id`.execute(tx)
  })
}
