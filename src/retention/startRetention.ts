import { randomBytes } from 'node:crypto'
import { openPageSize } from '../audit/index.ts'
import type { Db } from '../platform/db/index.ts'
import { startLoop } from '../platform/loop.ts'
import type { After, Loop } from '../platform/loop.ts'
import { leaveLease, takeLease } from './lease.ts'
import { runRound } from './round.ts'
import type { RetentionSettings } from './settings.ts'

const OWNER_BYTES = 8
/** Weeks come one at a time. A statement that waits for a table blocks those behind it for a second, so not often. */
const IDLE_POLL_MS = 300_000
/** It uses at most a tenth of the time: a step and its rest are ten times the step. */
const REST_FACTOR = 9
const REST_MS_MAX = 20_000
/** Well below the lease: writing an archive takes hours. */
const RENEW_EVERY_MS = 30_000

/** Removes old rows as long as the relay runs. Any number of relays may: one of them has the lease. */
export function startRetention(settings: RetentionSettings & { after?: After }): Loop {
  const { db, events, after } = settings
  const owner = randomBytes(OWNER_BYTES)
  const context = { ...settings, size: openPageSize() }
  let restMs = IDLE_POLL_MS
  let hasRested = false
  const loop = startLoop({
    idleMs: () => restMs,
    onError: (error, retryInMs) => events.failed({ error, retryInMs }),
    ...(after ? { after } : {}),
    runOnce: async () => {
      // A start has other work to do.
      if (hasRested) restMs = await step()
      hasRested = true
      return 'idle'
    },
  })

  async function step(): Promise<number> {
    if (!(await takeLease(db, owner))) {
      events.left()
      return IDLE_POLL_MS
    }
    const startedAtMs = performance.now()
    const result = await holding(db, owner, () => runRound(context))
    const durationMs = performance.now() - startedAtMs
    return result === 'idle' ? IDLE_POLL_MS : Math.min(durationMs * REST_FACTOR, REST_MS_MAX)
  }

  return {
    wake: () => loop.wake(),
    close: async () => {
      await loop.close()
      // If the database is unavailable, the lease expires by itself.
      await leaveLease(db, owner).catch(() => {})
    },
  }
}

/**
 * Goes on without rests until nothing more can be done. @returns false when a relay or another process removes: it has the
 * lease.
 */
export async function removeNow(settings: RetentionSettings): Promise<boolean> {
  const owner = randomBytes(OWNER_BYTES)
  const context = { ...settings, size: openPageSize() }
  try {
    do {
      if (!(await takeLease(settings.db, owner))) return false
    } while ((await holding(settings.db, owner, () => runRound(context))) === 'worked')
    return true
  } finally {
    await leaveLease(settings.db, owner)
  }
}

/** If the lease is not renewed, another process repeats the step, which changes nothing twice. */
function holding<T>(db: Db, owner: Buffer, work: () => Promise<T>): Promise<T> {
  const renewing = setInterval(() => void takeLease(db, owner).catch(() => {}), RENEW_EVERY_MS)
  return work().finally(() => clearInterval(renewing))
}
