import { Counter, Histogram } from '../platform/telemetry/index.ts'
import type { Registry } from '../platform/telemetry/index.ts'
import { CLASSES } from '../primitives/messageClass.ts'
import type { Decision } from './types.ts'

/** `fault`: an error of ours, after which the client got a 500. */
export type CountedDecision = Decision['kind'] | 'fault'

const DECISIONS: Record<CountedDecision, true> = {
  accepted: true,
  insufficient_balance: true,
  unavailable: true,
  backlog: true,
  account_locked: true,
  replayed: true,
  key_reused: true,
  refused: true,
  price_exceeded: true,
  rate_limit: true,
  spend_limit: true,
  delayed_too_far: true,
  outcome_unknown: true,
  fault: true,
}

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
  for (const type of CLASSES) {
    for (const decision of Object.keys(DECISIONS)) decisions.inc({ class: type, decision }, 0)
    recipientsAccepted.inc({ class: type }, 0)
  }
  return { decisions, recipientsAccepted, batches }
}
