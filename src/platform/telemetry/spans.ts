import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Attributes, Link, Span, SpanContext, Tracer } from '@opentelemetry/api'
import { toTraceparent } from '../../primitives/traceparent.ts'
import type { TraceContext } from '../../primitives/traceparent.ts'

/** Undefined while tracing is off. */
let tracer: Tracer | undefined

/** Called once, when the SDK has started. */
export function enableSpans(): void {
  tracer = trace.getTracer('chapar')
}

export function isTracing(): boolean {
  return tracer !== undefined
}

export interface SpanOptions {
  kind?: Lowercase<keyof typeof SpanKind>
  attributes?: Attributes
  /** Before now; 0 by default. */
  startedAgoMs?: number
  /** Undefined: it begins a trace. */
  parent?: SpanContext | undefined
  links?: Link[]
}

/** How a step ended: an error is a word of few values, and its message is left to the logs. */
export interface Outcome {
  attributes?: Attributes
  error?: string | undefined
}

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const

/** By the clock of this process: another one's may differ, and only durations cross processes. */
export function startSpan(
  name: string,
  { kind = 'internal', attributes = {}, startedAgoMs = 0, parent, links = [] }: SpanOptions,
): Span {
  const within = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT
  const startTime = startedAgoMs > 0 ? { startTime: Date.now() - startedAgoMs } : {}
  const settings = { kind: KINDS[kind], attributes, links, ...startTime }
  return (tracer ?? trace.getTracer('chapar')).startSpan(name, settings, within)
}

export function endSpan(span: Span, { attributes = {}, error }: Outcome): void {
  span.setAttributes(attributes)
  if (error !== undefined) {
    span.setAttribute('error.type', error)
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}

export function toSpanContext({ traceId, spanId, flags }: TraceContext): SpanContext {
  return { traceId, spanId, traceFlags: flags, isRemote: true }
}

/** @returns undefined for a span that is not recorded. */
export function traceparentOf(span: Span): string | undefined {
  if (!span.isRecording()) return undefined
  const { traceId, spanId, traceFlags: flags } = span.spanContext()
  return toTraceparent({ traceId, spanId, flags })
}

/** Runs work as a part of a span: log lines name it, and what is sent meanwhile continues its trace. */
export function withinSpan<T>(span: Span, work: () => T): T {
  return context.with(trace.setSpan(ROOT_CONTEXT, span), work)
}

/** The span that the current work is a part of, if it is recorded. */
export function activeSpan(): Span | undefined {
  if (!tracer) return undefined
  const span = trace.getActiveSpan()
  return span?.isRecording() ? span : undefined
}

/** For what outlives the request that happens to begin it, so that it is not taken for a part of that. */
export function outsideTraces(work: () => void): void {
  if (tracer) context.with(ROOT_CONTEXT, work)
  else work()
}
