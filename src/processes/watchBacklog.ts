import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { startLoop } from '../platform/loop.ts'
import type { After } from '../platform/loop.ts'
import { oncePerMinute } from '../platform/telemetry/index.ts'
import type { Logger } from '../platform/telemetry/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { readProcesses } from './readProcesses.ts'

export interface BacklogWatch {
  /** How long the oldest row that is due has waited for a relay; undefined while no relay tells. */
  ageSeconds: () => number | undefined
  close(): Promise<void>
}

export interface BacklogWatchOptions {
  db: Db
  type: MessageClass
  logger: Logger
  after?: After
}

const READ_EVERY_MS = 1_000
const TIMEOUT_MS = 2_000

/**
 * Reads once a second what relays report of the backlog, which is some seconds late, because they look that seldom.
 * What cannot be read is unknown, and so is a backlog that no relay reports.
 */
export function watchBacklog({ db, type, logger, after }: BacklogWatchOptions): BacklogWatch {
  const warn = oncePerMinute()
  let age: number | undefined
  const loop = startLoop({
    ...(after ? { after } : {}),
    idleMs: READ_EVERY_MS,
    onError: (error) => {
      age = undefined
      warn('backlog', 1, (count) => logger.warn('could not read the age of the backlog', { error, count }))
    },
    runOnce: async () => {
      const processes = await read(db, 'processes.backlog', readProcesses, TIMEOUT_MS)
      const ages = processes.flatMap(({ state }) => state.backlog?.[type].oldestDueSeconds ?? [])
      age = ages.length > 0 ? Math.max(...ages) : undefined
      return 'idle'
    },
  })
  return { ageSeconds: () => age, close: () => loop.close() }
}
