import { sql } from 'kysely'
import { EVENTS_KEPT_DAYS } from '../../events/index.ts'
import { databaseNowMs, transact } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { startLoop } from '../../platform/loop.ts'
import type { After, Loop } from '../../platform/loop.ts'
import { retryWithBackoff } from '../../platform/retryWithBackoff.ts'
import { openSender } from '../send/post.ts'
import type { SenderOptions } from '../send/post.ts'
import { claimEndpoints } from './claimEndpoints.ts'
import type { ClaimedEndpoint } from './claimEndpoints.ts'
import type { DeliveryFacts } from './facts.ts'
import { readTasks } from './readTasks.ts'
import { recordTurn } from './recordTurn.ts'
import { runTurn } from './runTurn.ts'

export interface DeliveringOptions {
  db: Db
  newId: () => string
  facts: DeliveryFacts
  sender: SenderOptions
  after?: After
}

/** Endpoints at once in this process. Slow and failing ones have places of their own: they only keep each other waiting. */
const TURNS_MAX = { prompt: 64, slow: 256 }
const CLAIMED_MAX = 32
const IDLE_POLL_MS = 250
/** Below the lease: what is not recorded by then is sent again. */
const RECORD_FAULTS_MAX = 3
const RECORD_PAUSE_MS = 500
const RECORD_PAUSE_MAX_MS = 5_000

/** Delivers events as long as the relay runs. Any number of processes may do so. */
export function keepDelivering(options: DeliveringOptions): Loop[] {
  return [startLane(options, false, TURNS_MAX.prompt), startLane(options, true, TURNS_MAX.slow)]
}

/** One round: claims endpoints that are due, up to the free places, and begins their turns. */
function startLane(options: DeliveringOptions, isSlow: boolean, turnsMax: number): Loop {
  const { db, facts, after } = options
  const stopping = new AbortController()
  const turns = new Set<Promise<void>>()
  const begin = (endpoint: ClaimedEndpoint) => {
    const turn = takeTurn(options, endpoint, stopping.signal)
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
      claimed.forEach(begin)
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

/** One endpoint's turn: reads what it has to get, sends it and records the answers. */
export async function takeTurn(
  { db, newId, facts, sender: ofSender }: DeliveringOptions,
  endpoint: ClaimedEndpoint,
  stopping: AbortSignal = new AbortController().signal,
): Promise<void> {
  const tasks = await readTasks(db, endpoint)
  const sender = openSender(ofSender)
  const turn = await runTurn(endpoint, tasks, { sender, nowMs: () => databaseNowMs(db), stopping }).finally(
    () => sender.close(),
  )
  const recording = await retryWithBackoff(
    () => recordTurn({ db, newId }, endpoint, { ...turn, gone: tasks.gone }),
    {
      isTransient: () => false,
      onError: (error) => facts.failed({ error, retryInMs: RECORD_PAUSE_MS }),
      ...{ firstPauseMs: RECORD_PAUSE_MS, maxPauseMs: RECORD_PAUSE_MAX_MS, faultsMax: RECORD_FAULTS_MAX },
    },
  )
  const recorded = recording.kind === 'done' ? recording.result : undefined
  facts.turnEnded({ endpoint, attempts: turn.attempts, recorded })
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
