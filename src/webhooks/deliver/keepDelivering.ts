import { sql } from 'kysely'
import { EVENTS_KEPT_DAYS } from '../../events/index.ts'
import { transact } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { startLoop } from '../../platform/loop.ts'
import type { After, Loop } from '../../platform/loop.ts'
import { claimEndpoints } from './claimEndpoints.ts'
import { openTurns } from './takeTurns.ts'
import type { TakeTurns, TurnsContext } from './takeTurns.ts'

export interface DeliveringOptions extends TurnsContext {
  after?: After
}

/** Endpoints at once in this process. Slow and failing ones have places of their own: they only keep each other waiting. */
const TURNS_MAX = { prompt: 64, slow: 256 }
const CLAIMED_MAX = 32
const IDLE_POLL_MS = 250

/** Delivers events as long as the relay runs. Any number of processes may do so. */
export function keepDelivering(options: DeliveringOptions): Loop[] {
  const takeTurns = openTurns(options)
  const start = (isSlow: boolean, turnsMax: number) => startLane(options, takeTurns, { isSlow, turnsMax })
  return [start(false, TURNS_MAX.prompt), start(true, TURNS_MAX.slow)]
}

/** One round: claims endpoints that are due, up to the free places, and begins their turns. */
function startLane(
  { db, facts, after }: DeliveringOptions,
  takeTurns: TakeTurns,
  { isSlow, turnsMax }: { isSlow: boolean; turnsMax: number },
): Loop {
  const stopping = new AbortController()
  const turns = new Set<Promise<void>>()
  const watch = (taken: Promise<void>) => {
    const turn = taken
      .catch((error: unknown) => facts.failed({ error, retryInMs: 0 }))
      .finally(() => {
        turns.delete(turn)
        loop.wake()
      })
    turns.add(turn)
  }
  const loop = startLoop({
    ...(after ? { after } : {}),
    idleMs: IDLE_POLL_MS,
    onError: (error, retryInMs) => facts.failed({ error, retryInMs }),
    runOnce: async () => {
      const endpointsMax = Math.min(CLAIMED_MAX, turnsMax - turns.size)
      if (endpointsMax <= 0) return 'idle'
      const claimed = await claimEndpoints(db, { isSlow, endpointsMax })
      if (claimed.length > 0) takeTurns(claimed, stopping.signal).forEach(watch)
      return claimed.length === endpointsMax ? 'worked' : 'idle'
    },
  })
  return {
    wake: () => loop.wake(),
    async close() {
      await loop.close()
      stopping.abort()
      await Promise.all(turns)
    },
  }
}

/** Locks its rows for some milliseconds only. */
const REMOVED_PER_BATCH_MAX = 500
const REMOVE_POLL_MS = 60_000

export function removeOldDeliveries(db: Db, batchSizeMax = REMOVED_PER_BATCH_MAX): Promise<number> {
  return transact(db, 'webhooks.remove_old', async (tx) => {
    const { numAffectedRows } = await sql`DELETE FROM webhook_deliveries
      WHERE created_at < NOW(3) - INTERVAL ${sql.lit(EVENTS_KEPT_DAYS)} DAY
      ORDER BY created_at LIMIT ${sql.lit(batchSizeMax)}`.execute(tx)
    return Number(numAffectedRows ?? 0)
  })
}

/** Deletes old records of deliveries as long as the relay runs. */
export function keepRemovingDeliveries({ db, facts, after }: DeliveringOptions): Loop {
  return startLoop({
    ...(after ? { after } : {}),
    idleMs: REMOVE_POLL_MS,
    onError: (error, retryInMs) => facts.failed({ error, retryInMs }),
    runOnce: async () => {
      const deliveries = await removeOldDeliveries(db)
      if (deliveries > 0) facts.removed({ deliveries })
      return deliveries === REMOVED_PER_BATCH_MAX ? 'worked' : 'idle'
    },
  })
}
