import { transact } from '../platform/db/index.ts'
import { startLoop } from '../platform/loop.ts'
import type { After, Loop } from '../platform/loop.ts'
import { applyDue } from './applyDue.ts'
import type { ApplyDueContext } from './applyDue.ts'
import { removeOldOrphans } from './waiting.ts'

/** What another process stores is applied within this time. */
const IDLE_POLL_MS = 250
const REMOVAL_POLL_MS = 60_000
const REMOVED_PER_BATCH_MAX = 500

export interface KeepApplyingSettings extends ApplyDueContext {
  after?: After
}

/** Applies receipts as they come due. Any number of processes may do so; a wake-up ends the wait for the next look. */
export function keepApplying({ after, ...context }: KeepApplyingSettings): Loop {
  return startLoop({
    idleMs: IDLE_POLL_MS,
    onError: (error, retryInMs) => context.events.applyFailed(error, retryInMs),
    ...(after ? { after } : {}),
    runOnce: () => applyDue(context),
  })
}

/** Deletes what was listed for long enough. */
export function keepRemovingOrphans({ after, db, events }: KeepApplyingSettings): Loop {
  return startLoop({
    idleMs: REMOVAL_POLL_MS,
    onError: (error, retryInMs) => events.applyFailed(error, retryInMs),
    ...(after ? { after } : {}),
    runOnce: async () => {
      const count = await transact(db, 'receipts.remove_orphans', (tx) =>
        removeOldOrphans(tx, REMOVED_PER_BATCH_MAX),
      )
      events.orphansRemoved(count)
      return count === REMOVED_PER_BATCH_MAX ? 'worked' : 'idle'
    },
  })
}
