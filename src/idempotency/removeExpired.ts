import { sql } from 'kysely'
import { transact } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { startLoop } from '../platform/loop.ts'
import type { After, Loop } from '../platform/loop.ts'
import { Counter } from '../platform/telemetry/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'

/** Locks its rows for some milliseconds only. Batches follow each other while they are full. */
export const REMOVED_PER_BATCH_MAX = 500
/** A key that stays some minutes longer harms nothing. */
const IDLE_POLL_MS = 60_000

/** Deletes one batch of keys whose time is over, by the database's clock. @returns how many. */
export function removeExpired(db: Db, batchSizeMax = REMOVED_PER_BATCH_MAX): Promise<number> {
  return transact(db, 'idempotency.remove_expired', async (tx) => {
    const { numAffectedRows } = await sql`DELETE FROM idempotency_keys WHERE kept_until <= NOW(3)
      ORDER BY kept_until LIMIT ${sql.lit(batchSizeMax)}`.execute(tx)
    return Number(numAffectedRows ?? 0)
  })
}

/** Deletes expired keys as long as the relay runs. Any number of processes may do so. */
export function keepRemovingExpired({
  db,
  logger,
  registry,
  after,
}: {
  db: Db
  logger: Logger
  registry: Registry
  after?: After
}): Loop {
  const removed = new Counter({
    name: 'chapar_idempotency_keys_removed_total',
    help: 'Idempotency keys that were deleted because their time was over',
    registers: [registry],
  })
  return startLoop({
    idleMs: IDLE_POLL_MS,
    onError: (error, retryInMs) =>
      logger.warn('could not remove expired idempotency keys', { error, retry_in_ms: retryInMs }),
    ...(after ? { after } : {}),
    runOnce: async () => {
      const count = await removeExpired(db)
      removed.inc(count)
      return count === REMOVED_PER_BATCH_MAX ? 'worked' : 'idle'
    },
  })
}
