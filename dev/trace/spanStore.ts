/** A span as the receiver keeps it. */
export interface StoredSpan {
  traceId: string
  spanId: string
  parentSpanId: string | undefined
  name: string
  startMs: number
  endMs: number
  attributes: Record<string, string | number | boolean>
  isError: boolean
  links: { traceId: string; spanId: string }[]
  /** The process that recorded it. */
  service: string
}

export interface SpanStore {
  add(spans: readonly StoredSpan[]): void
  /** @returns the spans of every trace that has this message; in the order of their arrival. */
  ofMessage(messageId: string): StoredSpan[]
  ofTrace(traceId: string): StoredSpan[]
  all(): StoredSpan[]
  /** How many are kept. */
  size(): number
}

/** Some 100 MB. Older traces make room for newer ones. */
const SPANS_MAX = 50_000
/** Of one trace, which a large bulk fills: the rest is dropped. */
const SPANS_PER_TRACE_MAX = 10_000
/** See `MESSAGE_ATTRIBUTE` of the engine. */
const MESSAGE_ATTRIBUTE = 'chapar.message_id'

/** Keeps the latest traces in memory, within a bound. */
export function openSpanStore(spansMax = SPANS_MAX, perTraceMax = SPANS_PER_TRACE_MAX): SpanStore {
  const traces = new Map<string, StoredSpan[]>()
  let size = 0
  const makeRoom = () => {
    for (const [traceId, spans] of traces) {
      if (size <= spansMax) return
      traces.delete(traceId)
      size -= spans.length
    }
  }
  return {
    add(spans) {
      for (const span of spans) {
        const ofTrace = traces.get(span.traceId) ?? []
        traces.set(span.traceId, ofTrace)
        if (ofTrace.length >= perTraceMax) continue
        ofTrace.push(span)
        size++
      }
      makeRoom()
    },
    ofMessage: (messageId) =>
      [...traces.values()]
        .filter((spans) => spans.some(({ attributes }) => attributes[MESSAGE_ATTRIBUTE] === messageId))
        .flat(),
    ofTrace: (traceId) => [...(traces.get(traceId) ?? [])],
    all: () => [...traces.values()].flat(),
    size: () => size,
  }
}

/** @returns the spans that are about this message, or about no message, such as a request for many. */
export function onlyOf(messageId: string, spans: readonly StoredSpan[]): StoredSpan[] {
  return spans.filter(({ attributes }) => (attributes[MESSAGE_ATTRIBUTE] ?? messageId) === messageId)
}
