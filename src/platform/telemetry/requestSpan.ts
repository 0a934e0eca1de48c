import { readTraceparent } from '../../primitives/traceparent.ts'
import type { LogFields } from './logger.ts'
import { endSpan, startSpan, toSpanContext, withinSpan } from './spans.ts'
import type { Outcome } from './spans.ts'

/** The span of one HTTP request that is served. */
export interface RequestSpan {
  /** Of its log line. */
  fields: LogFields
  /** Runs the handler: the spans of what it begins are children of this one. */
  during<T>(work: () => T): T
  /** Its name is known once its route is. */
  end(name: string, outcome: Outcome): void
}

/** Only while tracing is on. @returns undefined for a request that the sampler leaves out. */
export function openRequestSpan(header: string | string[] | undefined): RequestSpan | undefined {
  const read = typeof header === 'string' ? readTraceparent(header) : undefined
  const span = startSpan('HTTP', { kind: 'server', parent: read && toSpanContext(read) })
  if (!span.isRecording()) return undefined
  const { traceId, spanId } = span.spanContext()
  return {
    fields: { trace_id: traceId, span_id: spanId },
    during: (work) => withinSpan(span, work),
    end(name, outcome) {
      span.updateName(name)
      endSpan(span, outcome)
    },
  }
}
