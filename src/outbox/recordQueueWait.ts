import type { Delivery } from '../platform/broker/index.ts'
import { recordStep } from '../platform/telemetry/index.ts'
import type { Envelope } from './envelope.ts'
import { receivingAttributes } from './messaging.ts'
import { readTraceHeaders } from './traceHeaders.ts'

/** Records how long an envelope was in its queue, for each of its traced requests. */
export function recordQueueWait(
  { headers }: Pick<Delivery, 'headers'>,
  { outboxId, ranges }: Envelope,
  { queue, nowMs }: { queue: string; nowMs: () => number },
): void {
  const published = readTraceHeaders(headers)
  if (!published) return
  recordStep(`wait ${queue}`, ranges, {
    ...{ kind: 'consumer', attributes: receivingAttributes(queue, outboxId) },
    ...{ startedAgoMs: nowMs() - published.publishedAtMs, link: published.traceparent },
  })
}
