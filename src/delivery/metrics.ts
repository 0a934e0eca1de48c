import { AGE_BUCKETS_SECONDS, Counter, Gauge, Histogram } from '../platform/telemetry/index.ts'
import type { Registry } from '../platform/telemetry/index.ts'
import type { Semaphore } from '../platform/semaphore.ts'
import { CLASSES } from '../primitives/messageClass.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { FAILURE_CODES } from '../messages/index.ts'
import { QUARANTINE_CAUSES } from './effects.ts'

/** How a consumer left a recipient. */
export const RESULTS = ['done', 'failed', 'released', 'quarantined', 'stale', 'lost'] as const
/** Steps of delivery that may fail and are retried, or left to the outbox. */
export const STEPS = ['consume', 'deliver', 'ask', 'renew', 'settle'] as const

/** How a message and its second operator met. */
const HEDGE_RESULTS = ['sent', 'won', 'twice'] as const
export type HedgeResult = (typeof HEDGE_RESULTS)[number]
/** Why a message did not go to a second operator, although the first had not answered in time. */
const HEDGE_HINDRANCES = ['no_operator', 'budget'] as const
export type HedgeHindrance = (typeof HEDGE_HINDRANCES)[number]

/** Every label value exists from the start, so that a rate is right from the first event on. */
export function deliveryMetrics(registry: Registry) {
  const registers = [registry]
  const count = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['class'] as const, registers })
  const age = (name: string, help: string) =>
    new Histogram({ name, help, labelNames: ['class'] as const, buckets: AGE_BUCKETS_SECONDS, registers })
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
    failed: failedMetric(registry),
    failures: new Counter({
      name: 'chapar_delivery_failures_total',
      help: 'Failed steps of delivery, each retried or left to the outbox',
      labelNames: ['class', 'step'] as const,
      registers,
    }),
    endToEnd: age(
      'chapar_end_to_end_seconds',
      'Time from the acceptance of a message, or the time it was scheduled for, to its hand-over to an operator',
    ),
    claimAges: age(
      'chapar_claimed_age_seconds',
      'Age of the oldest message of an envelope when a consumer had claimed it, since acceptance or the time it was scheduled for; of retries too',
    ),
    refunds: count('chapar_refunds_total', 'Failed recipients whose price was refunded or released'),
    refundedAmount: count('chapar_refunded_amount_total', 'Refunded or released money, in the smallest unit'),
    duplicates: count(
      'chapar_possible_duplicates_total',
      'Recipients that were marked as possible duplicates before a further submission',
    ),
    submittedAgain: new Counter({
      name: 'chapar_operator_possible_duplicates_total',
      help: 'Submissions of possible duplicates by the operator that got them; compare with chapar_operator_results_total',
      labelNames: ['class', 'operator'] as const,
      registers,
    }),
    takenOver: count(
      'chapar_leases_taken_over_total',
      'Recipients that were claimed after the lease of their owner expired',
    ),
    ...hedgeMetrics(registry),
    unreadables: count('chapar_unreadable_messages_total', 'Queue messages dead-lettered as unparseable'),
  }
  const { results, quarantined, failures, endToEnd, claimAges } = metrics
  const { refunds, refundedAmount, duplicates, takenOver, unreadables } = metrics
  for (const type of CLASSES) {
    for (const result of RESULTS) results.inc({ class: type, result }, 0)
    for (const cause of QUARANTINE_CAUSES) quarantined.inc({ class: type, cause }, 0)
    for (const step of STEPS) failures.inc({ class: type, step }, 0)
    endToEnd.zero({ class: type })
    claimAges.zero({ class: type })
    for (const counter of [refunds, refundedAmount, duplicates, takenOver, unreadables])
      counter.inc({ class: type }, 0)
  }
  return metrics
}

function hedgeMetrics(registry: Registry) {
  const registers = [registry]
  const hedges = new Counter({
    name: 'chapar_hedges_total',
    help: 'Express messages that went to a second operator because the first had not answered (sent), that it accepted first (won), and that both accepted (twice)',
    labelNames: ['result'] as const,
    registers,
  })
  const hedgedAt = new Counter({
    name: 'chapar_operator_hedges_total',
    help: 'Express messages that an operator got because another one had not answered',
    labelNames: ['operator'] as const,
    registers,
  })
  const hedgesWithheld = new Counter({
    name: 'chapar_hedges_withheld_total',
    help: 'Express messages whose operator had not answered in time and that went to no second one, by cause',
    labelNames: ['cause'] as const,
    registers,
  })
  for (const result of HEDGE_RESULTS) hedges.inc({ result }, 0)
  for (const cause of HEDGE_HINDRANCES) hedgesWithheld.inc({ cause }, 0)
  return { hedges, hedgedAt, hedgesWithheld }
}

function failedMetric(registry: Registry) {
  const failed = new Counter({
    name: 'chapar_failed_recipients_total',
    help: 'Recipients that a consumer failed, by the code that their customers see',
    labelNames: ['class', 'code'] as const,
    registers: [registry],
  })
  for (const type of CLASSES) for (const code of FAILURE_CODES) failed.inc({ class: type, code }, 0)
  return failed
}

/** What bounds the delivery of one class in this process. */
export type DeliverySlots = Record<'calls' | 'recipients', Semaphore>

/** @returns what takes the slots of each class. They are read at each scrape. */
export function slotMetrics(registry: Registry): (type: MessageClass, slots: DeliverySlots) => void {
  const observed = new Map<MessageClass, DeliverySlots>()
  new Gauge({
    name: 'chapar_delivery_slots',
    help: 'Operator calls, and recipients without a result: in use, the limit, and envelopes that wait for a slot. +Inf: no limit',
    labelNames: ['class', 'resource', 'state'] as const,
    registers: [registry],
    collect() {
      for (const [type, slots] of observed)
        for (const resource of ['calls', 'recipients'] as const) {
          const { taken, limit, waiting } = slots[resource].use()
          this.set({ class: type, resource, state: 'in_use' }, taken)
          this.set({ class: type, resource, state: 'limit' }, limit)
          this.set({ class: type, resource, state: 'waiting' }, waiting)
        }
    },
  })
  return (type, slots) => void observed.set(type, slots)
}
