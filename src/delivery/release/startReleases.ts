import type { DuePosition } from '../../holds/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { startLoop } from '../../platform/loop.ts'
import type { After, Loop } from '../../platform/loop.ts'
import type { ReleaseEvents } from './events.ts'
import { releaseOnce } from './releaseOnce.ts'

export interface ReleaseSettings {
  db: Db
  events: ReleaseEvents
  after?: After
}

/** A price may be held this much longer than needed. A pass is one look-up of an index. */
const IDLE_POLL_MS = 1_000
/** While more is due, it rests as long as it works, for the others' sake. */
const REST_MS_MIN = 10

/** Releases held prices whose time is over. Any number of relays may do so. */
export function startReleases({ db, events, after }: ReleaseSettings): Loop {
  let from: DuePosition | undefined
  let restMs = IDLE_POLL_MS
  return startLoop({
    idleMs: () => restMs,
    onError: (error, retryInMs) => events.releaseFailed({ error, retryInMs }),
    ...(after ? { after } : {}),
    runOnce: async () => {
      const startedAtMs = performance.now()
      const released = await releaseOnce(db, from)
      events.released(released)
      from = released.next
      restMs = from ? Math.max(REST_MS_MIN, performance.now() - startedAtMs) : IDLE_POLL_MS
      return 'idle'
    },
  })
}
