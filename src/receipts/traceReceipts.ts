import { recordStep } from '../platform/telemetry/index.ts'
import type { AppliedWaiting } from './applyWaiting.ts'

/** A receipt is a step in the trace of its message, from its arrival to its application. */
export function recordReceiptSteps({ matched }: AppliedWaiting): void {
  for (const { operator, state, ageMs, traced } of matched)
    if (traced)
      recordStep(`receipt ${operator}`, [traced], {
        kind: 'consumer',
        startedAgoMs: ageMs,
        attributes: { 'chapar.operator': operator, 'chapar.result': state },
      })
}
