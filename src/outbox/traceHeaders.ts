/** The headers of a queue message that belongs to a trace. */
const TRACEPARENT = 'traceparent'
const PUBLISHED_AT_MS = 'published_at_ms'

/** @param publishedAtMs by the database's clock, which is the same for relay and consumer. */
export function toTraceHeaders(traceparent: string, publishedAtMs: number): Record<string, unknown> {
  return { [TRACEPARENT]: traceparent, [PUBLISHED_AT_MS]: publishedAtMs }
}

/** What a queue message says of its publishing; undefined where it says nothing, or nothing readable. */
export function readTraceHeaders(
  headers: Record<string, unknown>,
): { traceparent: string; publishedAtMs: number } | undefined {
  const { [TRACEPARENT]: traceparent, [PUBLISHED_AT_MS]: publishedAtMs } = headers
  if (typeof traceparent !== 'string' || typeof publishedAtMs !== 'number') return undefined
  return { traceparent, publishedAtMs }
}
