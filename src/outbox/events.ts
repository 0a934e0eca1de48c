import { Counter } from '../platform/telemetry/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { Unavailable } from '../primitives/unavailable.ts'

/** The facts of this slice: each moves a metric and writes at most one record. */
export interface OutboxEvents {
  published(fact: { type: MessageClass; envelopes: number; recipients: number }): void
  publishFailed(fact: { type: MessageClass; envelopes: number; reason: string }): void
  /** A due row whose payload this program cannot read. It is put off and looked at again. */
  rowUnreadable(fact: { type: MessageClass; outboxId: string }): void
  relayFailed(fact: { type: MessageClass; error: unknown; retryInMs: number }): void
}

export function createOutboxEvents(logger: Logger, registry: Registry): OutboxEvents {
  const registers = [registry]
  const publishes = new Counter({
    name: 'chapar_published_envelopes_total',
    help: 'Envelopes by what the broker said: confirmed, or failed and given back to the outbox',
    labelNames: ['class', 'result'] as const,
    registers,
  })
  const recipientsPublished = new Counter({
    name: 'chapar_published_recipients_total',
    help: 'Recipients in confirmed envelopes, republished ones included',
    labelNames: ['class'] as const,
    registers,
  })
  const unreadable = new Counter({
    name: 'chapar_outbox_unreadable_total',
    help: 'Due outbox rows whose payload could not be read and that were put off',
    labelNames: ['class'] as const,
    registers,
  })
  const failures = new Counter({
    name: 'chapar_relay_failures_total',
    help: 'Failed rounds of the relay',
    labelNames: ['class'] as const,
    registers,
  })
  return {
    published({ type, envelopes, recipients }) {
      publishes.inc({ class: type, result: 'confirmed' }, envelopes)
      recipientsPublished.inc({ class: type }, recipients)
      logger.debug('published', { class: type, envelopes, recipient_count: recipients })
    },
    publishFailed({ type, envelopes, reason }) {
      publishes.inc({ class: type, result: 'failed' }, envelopes)
      logger.warn('publish failed', { class: type, envelopes, reason })
    },
    rowUnreadable({ type, outboxId }) {
      unreadable.inc({ class: type })
      logger.error('outbox row cannot be read', { class: type, outbox_id: outboxId })
    },
    relayFailed({ type, error, retryInMs }) {
      failures.inc({ class: type })
      const level = error instanceof Unavailable ? 'warn' : 'error'
      logger[level]('relay failed', { class: type, error, retry_in_ms: retryInMs })
    },
  }
}
