import { Counter, Histogram } from '../platform/telemetry/index.ts'
import type { Registry } from '../platform/telemetry/index.ts'

export function messageMetrics(registry: Registry) {
  const registers = [registry]
  const decisions = new Counter({
    name: 'chapar_accept_decisions_total',
    help: 'Send requests by decision',
    labelNames: ['class', 'decision'] as const,
    registers,
  })
  const recipientsAccepted = new Counter({
    name: 'chapar_accepted_recipients_total',
    help: 'Recipients that were accepted and paid for',
    labelNames: ['class'] as const,
    registers,
  })
  const batches = new Histogram({
    name: 'chapar_accept_batch_requests',
    help: 'Send requests that one transaction decided together',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000],
    registers,
  })
  return { decisions, recipientsAccepted, batches }
}
