import { sql } from 'kysely'
import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { startLoop } from '../platform/loop.ts'
import type { After, Loop } from '../platform/loop.ts'
import type { EventLogFacts } from './facts.ts'
import { EVENTS_REMOVED_MAX, removeOldEvents } from './removeOld.ts'
import { sequence } from './sequence.ts'
import type { OnSequenced } from './sequence.ts'

export interface SequencingOptions {
  db: Db
  facts: EventLogFacts
  onSequenced?: OnSequenced
  after?: After
  nowMs?: () => number
}

/** How long an event waits for its number at most, beside the work on it. */
const IDLE_POLL_MS = 250
/** Without events for a while it looks less often: most systems have long quiet times. */
const QUIET_AFTER_MS = 10_000
const QUIET_POLL_MS = 1_000
/** Old events harm nothing for some minutes. */
const REMOVE_POLL_MS = 60_000

/** Numbers events as long as the relay runs. Any number of processes may do so. */
export function keepSequencing(options: SequencingOptions): Loop {
  const { db, facts, onSequenced, nowMs = () => performance.now() } = options
  const after = options.after ? { after: options.after } : {}
  let above = Number.MIN_SAFE_INTEGER
  let foundAtMs = -Infinity
  return startLoop({
    ...after,
    idleMs: () => (nowMs() - foundAtMs > QUIET_AFTER_MS ? QUIET_POLL_MS : IDLE_POLL_MS),
    onError: (error, retryInMs) => facts.failed({ work: 'sequence', error, retryInMs }),
    runOnce: async () => {
      const { events, last } = await sequence(db, { above, ...(onSequenced ? { onSequenced } : {}) })
      // In turns, so that one customer's backlog does not keep the others waiting.
      above = last ?? Number.MIN_SAFE_INTEGER
      if (events.length > 0) {
        foundAtMs = nowMs()
        facts.sequenced({ events: events.length })
      }
      // The pause gathers the events of the next batch.
      return last === undefined ? 'idle' : 'worked'
    },
  })
}

/** Deletes old events as long as the relay runs. */
export function keepRemovingEvents({ db, facts, after }: SequencingOptions): Loop {
  return startLoop({
    ...(after ? { after } : {}),
    idleMs: REMOVE_POLL_MS,
    onError: (error, retryInMs) => facts.failed({ work: 'remove', error, retryInMs }),
    runOnce: async () => {
      const events = await removeOldEvents(db)
      if (events > 0) facts.removed({ events })
      return events === EVENTS_REMOVED_MAX ? 'worked' : 'idle'
    },
  })
}

/** @returns the age of the oldest event without a number; 0 without any. */
export function readOldestSeconds(db: Db): Promise<number> {
  return read(db, 'events.oldest', async (reader) => {
    const { rows } = await sql<{ ms: number | string | null }>`
      SELECT TIMESTAMPDIFF(MICROSECOND, MIN(occurred_at), NOW(3)) / 1000 AS ms FROM event_queue`.execute(
      reader,
    )
    return Math.max(0, Number(rows[0]?.ms ?? 0) / 1_000)
  })
}
