import { read } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { startLoop } from '../../platform/loop.ts'
import type { OperatorEvents } from '../events.ts'
import type { Operators } from '../registry.ts'
import { listOperators, readControlRevision } from './controls.ts'

/** A change has to be in effect everywhere within a second: this, two queries, and some room. */
const POLL_EVERY_MS = 400
const POLL_TIMEOUT_MS = 1_000

/** Keeps the operators of this process as people want them. */
export interface ControlFollower {
  /** Reads the controls if they have changed. @returns whether they had. @throws Unavailable. */
  refresh(): Promise<boolean>
  start(): { close(): Promise<void> }
}

export function followControls(
  db: Db,
  operators: Pick<Operators, 'control'>,
  events: Pick<OperatorEvents, 'controlled' | 'controlsUnreadable'>,
): ControlFollower {
  let revision = -1
  const refresh = () =>
    read(
      db,
      'operators.follow_controls',
      async (reader) => {
        // Read before the rows: a change in between is read again by the next poll.
        const latest = await readControlRevision(reader)
        if (latest === revision) return false
        const listed = await listOperators(reader)
        operators.control(new Map(listed.map((operator) => [operator.name, operator])))
        for (const { name, state } of listed) events.controlled({ operator: name, state })
        revision = latest
        return true
      },
      POLL_TIMEOUT_MS,
    )
  return {
    refresh,
    start: () =>
      startLoop({
        idleMs: POLL_EVERY_MS,
        onError: () => {},
        // A failure is no fault of the loop, which would wait for longer after it: the last known controls stay.
        runOnce: async () => {
          await refresh().catch((error: unknown) => events.controlsUnreadable(error))
          return 'idle'
        },
      }),
  }
}
