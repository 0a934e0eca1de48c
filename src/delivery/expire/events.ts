import { Counter, oncePerMinute } from '../../platform/telemetry/index.ts'
import type { Logger, Registry } from '../../platform/telemetry/index.ts'
import { CLASSES } from '../../primitives/messageClass.ts'
import type { MessageClass } from '../../primitives/messageClass.ts'
import { Unavailable } from '../../primitives/unavailable.ts'

/** The facts of expiry, in the role that runs what time triggers. */
export interface ExpiryEvents {
  /** One transaction ended recipients that had waited until their time was over. */
  ended(fact: { type: MessageClass; recipients: number; refunded: number }): void
  expiryFailed(fact: { type: MessageClass; error: unknown; retryInMs: number }): void
}

export function createExpiryEvents(logger: Logger, registry: Registry): ExpiryEvents {
  const expired = new Counter({
    name: 'chapar_expired_recipients_total',
    help: 'Recipients that failed and were refunded because their time was over while they waited',
    labelNames: ['class'] as const,
    registers: [registry],
  })
  for (const type of CLASSES) expired.inc({ class: type }, 0)
  const report = oncePerMinute()
  return {
    ended({ type, recipients }) {
      expired.inc({ class: type }, recipients)
      report(`ended ${type}`, recipients, (sum) =>
        logger.info('expired and refunded', { class: type, recipients: sum }),
      )
    },
    expiryFailed({ type, error, retryInMs }) {
      const level = error instanceof Unavailable ? 'warn' : 'error'
      report(`expiryFailed ${type} ${String(error)}`, 1, (sum) =>
        logger[level]('could not end expired messages', {
          ...{ class: type, error, failures: sum },
          retry_in_ms: retryInMs,
        }),
      )
    },
  }
}
