import { Counter, oncePerMinute } from '../../platform/telemetry/index.ts'
import type { Logger, Registry } from '../../platform/telemetry/index.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import { RELEASE_CAUSES } from './releaseOnce.ts'
import type { Released } from './releaseOnce.ts'

/** The facts of releases, in the role that runs what time triggers. */
export interface ReleaseEvents {
  released(fact: Pick<Released, 'recipients' | 'amount'>): void
  releaseFailed(fact: { error: unknown; retryInMs: number }): void
}

export function createReleaseEvents(logger: Logger, registry: Registry): ReleaseEvents {
  const registers = [registry]
  const releases = new Counter({
    name: 'chapar_releases_total',
    help: 'Recipients whose price was held until their delivery and went back, by why: undelivered or no receipt in time',
    labelNames: ['cause'] as const,
    registers,
  })
  const amounts = new Counter({
    name: 'chapar_released_amount_total',
    help: 'Money that was held until a delivery and went back, in the smallest currency unit',
    registers,
  })
  for (const cause of RELEASE_CAUSES) releases.inc({ cause }, 0)
  const report = oncePerMinute()
  return {
    released({ recipients, amount }) {
      amounts.inc(amount)
      for (const cause of RELEASE_CAUSES) {
        const count = recipients[cause]
        releases.inc({ cause }, count)
        if (count > 0)
          report(`released ${cause}`, count, (sum) =>
            logger.info('held prices released', { cause, recipients: sum }),
          )
      }
    },
    releaseFailed({ error, retryInMs }) {
      const level = error instanceof Unavailable ? 'warn' : 'error'
      report(`releaseFailed ${String(error)}`, 1, (sum) =>
        logger[level]('could not release held prices', { error, failures: sum, retry_in_ms: retryInMs }),
      )
    },
  }
}
