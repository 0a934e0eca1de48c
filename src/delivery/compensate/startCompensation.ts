import type { DueMissPosition } from '../../deadlines/index.ts'
import { startLoop } from '../../platform/loop.ts'
import type { After, Loop } from '../../platform/loop.ts'
import { oncePerMinute } from '../../platform/telemetry/index.ts'
import type { Logger } from '../../platform/telemetry/index.ts'
import { compensateOnce } from './compensateOnce.ts'
import type { CompensationSettings } from './compensateOnce.ts'

/** Misses are rare and no one waits for the money. A round is one look-up of an index that is mostly empty. */
const IDLE_POLL_MS = 1_000

/** Gives the prices of missed guarantees back as they become due. Any number of relays may do so. */
export function startCompensation({
  logger,
  after,
  ...settings
}: CompensationSettings & { logger: Logger; after?: After }): Loop {
  const report = oncePerMinute()
  let from: DueMissPosition | undefined
  return startLoop({
    idleMs: IDLE_POLL_MS,
    onError: (error, retryInMs) =>
      report(`compensation ${String(error)}`, 1, (failures) =>
        logger.warn('could not compensate missed guarantees', {
          error,
          failures,
          retry_in_ms: retryInMs,
        }),
      ),
    ...(after ? { after } : {}),
    // A balance that stays locked is left to the next pass.
    runOnce: async () => {
      from = await compensateOnce(settings, from)
      return from ? 'worked' : 'idle'
    },
  })
}
