import type { PublishResult } from '../platform/broker/index.ts'
import { databaseNowMs } from '../platform/db/index.ts'
import { startStep } from '../platform/telemetry/index.ts'
import { encodeEnvelope } from './envelope.ts'
import type { Envelope } from './envelope.ts'
import { publishingAttributes } from './messaging.ts'
import type { RelaySettings } from './relaySettings.ts'
import { toTraceHeaders } from './traceHeaders.ts'

/** Publishes one envelope. Its headers name the trace of the first traced request, its ranges that of each. */
export async function publishEnvelope(
  { db, publisher, queue }: Pick<RelaySettings, 'db' | 'publisher' | 'queue'>,
  envelope: Envelope,
): Promise<PublishResult> {
  const body = encodeEnvelope(envelope)
  const step = startStep(`publish ${queue}`, envelope.ranges, {
    kind: 'producer',
    attributes: publishingAttributes(queue, { outboxId: envelope.outboxId, bytes: body.length }),
  })
  const traceparent = step.traceparent ?? envelope.ranges.find((range) => range.traceparent)?.traceparent
  const headers = traceparent === undefined ? undefined : toTraceHeaders(traceparent, databaseNowMs(db))
  const result = await publisher.publish(queue, body, headers && { headers })
  step.end({
    attributes: { 'chapar.result': result },
    error: result === 'confirmed' ? undefined : result,
  })
  return result
}
