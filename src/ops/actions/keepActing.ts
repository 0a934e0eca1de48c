import { sql } from 'kysely'
import { databaseNowMs, transact } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { startLoop } from '../../platform/loop.ts'
import type { Loop } from '../../platform/loop.ts'
import { oncePerMinute } from '../../platform/telemetry/index.ts'
import type { Logger } from '../../platform/telemetry/index.ts'
import { identifierToBytes, lowestAt } from '../../primitives/identifier.ts'
import { carryOutNext } from './carryOutNext.ts'
import type { ActingContext } from './carryOutNext.ts'

/** A person waits for it. */
const POLL_MS = 1_000
const REMOVE_EVERY_ROUNDS = 600
const KEPT_MS = 7 * 24 * 60 * 60 * 1_000
const REMOVED_MAX = 500

/** Carries out what people ask for, one after the other, and removes what was done long ago. */
export function keepActing(context: ActingContext & { logger: Logger }): Loop {
  const { db, logger } = context
  const warn = oncePerMinute()
  let rounds = 0
  return startLoop({
    idleMs: POLL_MS,
    onError: (error) =>
      warn('actions', 1, (count) => logger.warn('could not carry out an action', { error, count })),
    runOnce: async () => {
      if (rounds++ % REMOVE_EVERY_ROUNDS === 0) await removeOld(db)
      return carryOutNext(context)
    },
  })
}

async function removeOld(db: Db): Promise<void> {
  const before = identifierToBytes(lowestAt(databaseNowMs(db) - KEPT_MS))
  await transact(db, 'ops.remove_actions', (tx) =>
    sql`DELETE FROM admin_actions WHERE id < ${before} AND state IN ('done', 'failed')
      ORDER BY id LIMIT ${sql.lit(REMOVED_MAX)}`.execute(tx),
  )
}
