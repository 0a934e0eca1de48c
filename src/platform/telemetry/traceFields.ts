import { readTraceparent } from '../../primitives/traceparent.ts'
import { activeSpan } from './spans.ts'

/** By OpenTelemetry's names for logs. */
type TraceFields = Record<string, string>

/** @returns the fields by which a log line about a message names its trace; none without one. */
export function traceFields(traceparent: string | undefined): TraceFields {
  const read = traceparent === undefined ? undefined : readTraceparent(traceparent)
  return read ? { trace_id: read.traceId, span_id: read.spanId } : {}
}

/** The same for the work that a line is logged in. */
export function activeTraceFields(): TraceFields {
  const span = activeSpan()?.spanContext()
  return span ? { trace_id: span.traceId, span_id: span.spanId } : {}
}
