import { oncePerMinute } from '../platform/telemetry/index.ts'
import type { Logger } from '../platform/telemetry/index.ts'

/** The facts of this slice. */
export interface TariffsEvents {
  /** The process goes on with the tariffs that it has. */
  tariffsUnreadable(error: unknown): void
}

export function createTariffsEvents(logger: Logger): TariffsEvents {
  const report = oncePerMinute()
  return {
    tariffsUnreadable: (error) =>
      report('tariffs', 1, (count) =>
        logger.warn('could not read the tariffs; the last known ones stay in effect', { error, count }),
      ),
  }
}
