import { AGE_BUCKETS_SECONDS, Counter, Gauge, Histogram } from '../platform/telemetry/index.ts'
import type { Registry } from '../platform/telemetry/index.ts'
import { CLASSES } from '../primitives/messageClass.ts'

export function outboxMetrics(registry: Registry) {
  const registers = [registry]
  const labelNames = ['class'] as const
  const counters = {
    publishes: new Counter({
      name: 'chapar_published_envelopes_total',
      help: 'Envelopes by publish result: confirmed, or failed and given back to the outbox',
      labelNames: ['class', 'result'] as const,
      registers,
    }),
    recipients: new Counter({
      name: 'chapar_published_recipients_total',
      help: 'Recipients in confirmed envelopes, republished ones included',
      ...{ labelNames, registers },
    }),
    dueRows: new Counter({
      name: 'chapar_outbox_due_rows_total',
      help: 'Claimed outbox rows that had waited until they came due: leases that ran out, retries and scheduled messages',
      ...{ labelNames, registers },
    }),
    unreadable: new Counter({
      name: 'chapar_outbox_unreadable_total',
      help: 'Outbox rows whose payload could not be read and that were postponed',
      ...{ labelNames, registers },
    }),
    failures: new Counter({
      name: 'chapar_relay_failures_total',
      help: 'Failed rounds of the relay',
      ...{ labelNames, registers },
    }),
  }
  const ages = new Histogram({
    name: 'chapar_published_age_seconds',
    help: 'Age of the oldest message of an envelope when the broker confirmed it, since acceptance; of retries and scheduled messages too',
    ...{ labelNames, registers, buckets: AGE_BUCKETS_SECONDS },
  })
  for (const type of CLASSES) {
    ages.zero({ class: type })
    for (const result of ['confirmed', 'failed']) counters.publishes.inc({ class: type, result }, 0)
    for (const name of ['recipients', 'dueRows', 'unreadable', 'failures'] as const)
      counters[name].inc({ class: type }, 0)
  }
  return { ...counters, ages }
}

/** @param collect sets both gauges when they are scraped. */
export function depthMetrics(registry: Registry, collect: () => Promise<void> | undefined) {
  const rows = new Gauge({
    name: 'chapar_outbox_rows',
    help: 'Outbox rows, each up to 100 recipients, that are ready, due or leased, without what is scheduled or backs off for longer than a lease; counted up to 100000',
    labelNames: ['class'] as const,
    registers: [registry],
    collect,
  })
  const oldest = new Gauge({
    name: 'chapar_outbox_oldest_due_seconds',
    help: 'Age of the oldest row that is ready or due and that no relay has claimed yet',
    labelNames: ['class'] as const,
    registers: [registry],
    collect,
  })
  return { rows, oldest }
}
