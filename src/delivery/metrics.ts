import { Counter, Histogram } from '../platform/telemetry/index.ts'
import type { Registry } from '../platform/telemetry/index.ts'
import { CLASSES } from '../primitives/messageClass.ts'
import { QUARANTINE_CAUSES } from './effects.ts'

/** How a consumer left a recipient. */
export const RESULTS = ['done', 'failed', 'released', 'quarantined', 'stale', 'lost'] as const
/** Steps of delivery that may fail and are retried, or left to the outbox. */
export const STEPS = ['consume', 'deliver', 'renew', 'settle'] as const

/** From an idle system's hand-over in some 20 ms to a message that waited for the end of an outage. */
const END_TO_END_BUCKETS_SECONDS = [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600]

/** Every label value exists from the start, so that a rate is right from the first event on. */
export function deliveryMetrics(registry: Registry) {
  const registers = [registry]
  const count = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['class'] as const, registers })
  const metrics = {
    results: new Counter({
      name: 'chapar_delivery_results_total',
      help: 'Recipients by how a consumer left them: done, failed, released for a retry, quarantined, stale (lease lost) or lost (the result could not be stored)',
      labelNames: ['class', 'result'] as const,
      registers,
    }),
    quarantined: new Counter({
      name: 'chapar_quarantined_total',
      help: 'Recipients that were quarantined, by cause',
      labelNames: ['class', 'cause'] as const,
      registers,
    }),
    failures: new Counter({
      name: 'chapar_delivery_failures_total',
      help: 'Failed steps of delivery, each retried or left to the outbox',
      labelNames: ['class', 'step'] as const,
      registers,
    }),
    endToEnd: new Histogram({
      name: 'chapar_end_to_end_seconds',
      help: 'Time from the acceptance of a message to its hand-over to an operator',
      labelNames: ['class'] as const,
      buckets: END_TO_END_BUCKETS_SECONDS,
      registers,
    }),
    refunds: count('chapar_refunds_total', 'Recipients whose price was refunded'),
    refundedAmount: count('chapar_refunded_amount_total', 'Refunded money, in the smallest unit'),
    duplicates: count(
      'chapar_possible_duplicates_total',
      'Recipients that were marked as possible duplicates before a further submission',
    ),
    takenOver: count(
      'chapar_leases_taken_over_total',
      'Recipients that were claimed after the lease of their owner expired',
    ),
    unreadables: count(
      'chapar_unreadable_messages_total',
      'Queue messages that could not be understood and were dead-lettered',
    ),
  }
  const { results, quarantined, failures, endToEnd, ...byClass } = metrics
  for (const type of CLASSES) {
    for (const result of RESULTS) results.inc({ class: type, result }, 0)
    for (const cause of QUARANTINE_CAUSES) quarantined.inc({ class: type, cause }, 0)
    for (const step of STEPS) failures.inc({ class: type, step }, 0)
    endToEnd.zero({ class: type })
    for (const counter of Object.values(byClass)) counter.inc({ class: type }, 0)
  }
  return metrics
}
