import { sql } from 'kysely'
import { transact } from '../../platform/db/index.ts'
import type { Db, Tx } from '../../platform/db/index.ts'
import { startLoop } from '../../platform/loop.ts'
import type { After, Loop } from '../../platform/loop.ts'
import type { Logger } from '../../platform/telemetry/index.ts'
import { identifierToBytes } from '../../primitives/identifier.ts'
import { inKeys } from '../recipients.ts'
import type { RecipientKey } from '../recipients.ts'

/** Beyond the longest validity, a week. */
export const KEPT_DAYS = 8
const REMOVED_PER_BATCH_MAX = 500
const IDLE_POLL_MS = 60_000

/** Of messages that have come to their end. */
export async function removeReferences(tx: Tx, keys: RecipientKey[]): Promise<void> {
  const values = keys.map(({ smsIdentifier, recipientNo }) => [identifierToBytes(smsIdentifier), recipientNo])
  await sql`DELETE FROM part_references WHERE ${inKeys(values)}`.execute(tx)
}

/** Deletes one batch of what is left over, and of counters that were not used for as long. @returns how many. */
export function removeOldReferences(db: Db, batchSizeMax = REMOVED_PER_BATCH_MAX): Promise<number> {
  const isOld = sql`< NOW(3) - INTERVAL ${sql.lit(KEPT_DAYS)} DAY`
  const limit = sql`LIMIT ${sql.lit(batchSizeMax)}`
  return transact(db, 'messages.remove_old_references', async (tx) => {
    const references = await sql`DELETE FROM part_references WHERE created_at ${isOld}
      ORDER BY created_at ${limit}`.execute(tx)
    const counters = await sql`DELETE FROM part_reference_counters WHERE used_at ${isOld}
      ORDER BY used_at ${limit}`.execute(tx)
    return Number(references.numAffectedRows ?? 0) + Number(counters.numAffectedRows ?? 0)
  })
}

/** Does so as long as the relay runs. Any number of processes may. */
export function keepRemovingReferences({
  db,
  logger,
  after,
}: {
  db: Db
  logger: Logger
  after?: After
}): Loop {
  return startLoop({
    idleMs: IDLE_POLL_MS,
    onError: (error, retryInMs) =>
      logger.warn('could not remove old references of parts', { error, retry_in_ms: retryInMs }),
    ...(after ? { after } : {}),
    runOnce: async () => ((await removeOldReferences(db)) >= REMOVED_PER_BATCH_MAX ? 'worked' : 'idle'),
  })
}
