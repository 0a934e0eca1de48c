import type { Registry } from '../platform/telemetry/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { messageMetrics } from './metrics.ts'
import type { CountedDecision } from './metrics.ts'

/** The facts of this slice. The record of a request is the HTTP log line, which carries the decision's fields. */
export interface MessageEvents {
  decided(fact: { type: MessageClass; recipients: number; decision: CountedDecision }): void
  /** One transaction decided this many requests together. */
  batchDecided(fact: { requests: number }): void
}

export function createMessageEvents(registry: Registry): MessageEvents {
  const { decisions, recipientsAccepted, batches } = messageMetrics(registry)
  return {
    batchDecided: ({ requests }) => batches.observe(requests),
    decided({ type, recipients, decision }) {
      decisions.inc({ class: type, decision })
      if (decision === 'accepted') recipientsAccepted.inc({ class: type }, recipients)
    },
  }
}
