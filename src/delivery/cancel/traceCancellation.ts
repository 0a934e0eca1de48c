import { recordStep } from '../../platform/telemetry/index.ts'
import type { Traced } from '../../primitives/traceparent.ts'

/**
 * A cancellation as the last step in the traces of the messages that it ended. `requestedBy` is the span of the request
 * that asked for it, which is in a trace of its own.
 */
export function recordCancellation(
  traced: readonly Traced[],
  requestedBy: string | undefined,
  startedAgoMs: number,
): void {
  recordStep('cancel', traced, {
    startedAgoMs,
    link: requestedBy,
    attributes: { 'chapar.result': 'cancelled' },
  })
}
