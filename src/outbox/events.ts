import { oncePerMinute } from '../platform/telemetry/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import { outboxMetrics } from './metrics.ts'

/** The facts of this slice: each moves a metric and writes at most one record. */
export interface OutboxEvents {
  /** `agesMs` of the oldest message of each. */
  published(fact: { type: MessageClass; envelopes: number; recipients: number; agesMs: number[] }): void
  publishFailed(fact: { type: MessageClass; envelopes: number; reason: string }): void
  /** Waiting rows came due and were claimed: leases that ran out, retries and scheduled rows. */
  dueClaimed(fact: { type: MessageClass; rows: number }): void
  /** A row whose payload this program cannot read. It is postponed and retried. */
  rowUnreadable(fact: { type: MessageClass; outboxId: string }): void
  relayFailed(fact: { type: MessageClass; error: unknown; retryInMs: number }): void
}

export function createOutboxEvents(logger: Logger, registry: Registry): OutboxEvents {
  const counters = outboxMetrics(registry)
  const report = oncePerMinute()
  return {
    published({ type, envelopes, recipients, agesMs }) {
      counters.publishes.inc({ class: type, result: 'confirmed' }, envelopes)
      counters.recipients.inc({ class: type }, recipients)
      for (const ms of agesMs) counters.ages.observe({ class: type }, Math.max(0, ms) / 1_000)
      logger.debug('envelopes published', { class: type, envelopes, recipient_count: recipients })
    },
    publishFailed({ type, envelopes, reason }) {
      counters.publishes.inc({ class: type, result: 'failed' }, envelopes)
      report(`publishFailed ${type} ${reason}`, envelopes, (sum) =>
        logger.warn('failed to publish envelopes; retry scheduled', { class: type, envelopes: sum, reason }),
      )
    },
    dueClaimed({ type, rows }) {
      counters.dueRows.inc({ class: type }, rows)
      report(`dueClaimed ${type}`, rows, (sum) =>
        logger.info('outbox rows came due again: leases that ran out, retries and scheduled messages', {
          class: type,
          rows: sum,
        }),
      )
    },
    rowUnreadable({ type, outboxId }) {
      counters.unreadable.inc({ class: type })
      report(`rowUnreadable ${type}`, 1, (sum) =>
        logger.error('outbox row cannot be read; it is postponed', {
          class: type,
          outbox_id: outboxId,
          rows: sum,
        }),
      )
    },
    relayFailed({ type, error, retryInMs }) {
      counters.failures.inc({ class: type })
      const level = error instanceof Unavailable ? 'warn' : 'error'
      report(`relayFailed ${type} ${String(error)}`, 1, (sum) =>
        logger[level]('relay round failed; retry scheduled', {
          ...{ class: type, error, failures: sum },
          retry_in_ms: retryInMs,
        }),
      )
    },
  }
}
