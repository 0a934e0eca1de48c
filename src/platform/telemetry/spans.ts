import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Attributes, Context, Link, Span, SpanContext, Tracer } from '@opentelemetry/api'
import { isSampled, readTraceparent, toTraceparent } from '../../primitives/traceparent.ts'
import type { TraceContext, Traced } from '../../primitives/traceparent.ts'

/** Undefined while tracing is off: then every function here returns at once. */
let tracer: Tracer | undefined

/** Called once, when the SDK has started. */
export function enableSpans(): void {
  tracer = trace.getTracer('chapar')
}

export function isTracing(): boolean {
  return tracer !== undefined
}

export type Kind = Lowercase<keyof typeof SpanKind>

export interface StepOptions {
  kind?: Kind
  attributes?: Attributes
  /** Before now; 0 by default. */
  startedAgoMs?: number
  /** A span of another step that led to this one. */
  link?: string | undefined
}

/** How a step ended: an error is a word of few values, and its message is left to the logs. */
export interface Outcome {
  attributes?: Attributes
  error?: string | undefined
}

/** They may differ from request to request. */
export type Outcomes = Outcome | ((smsIdentifier: string) => Outcome)

/** The spans of one step: one in the trace of each request that it worked on. */
export interface Step {
  /** Of the first of them; undefined when nothing is recorded. */
  traceparent: string | undefined
  end(outcomes?: Outcomes): void
  /** Lines that are logged meanwhile name the first span. */
  during<T>(work: () => T): T
}

const NO_STEP: Step = { traceparent: undefined, end: () => {}, during: (work) => work() }

/** The attribute that finds the spans of a message. */
export const MESSAGE_ATTRIBUTE = 'chapar.message_id'

/**
 * Begins a step that works on several requests at once. Each sampled one gets a span of its own, so that its trace is
 * whole; the first is linked to all others, and each of them to the first.
 */
export function startStep(name: string, traced: readonly Traced[], options: StepOptions = {}): Step {
  if (!tracer) return NO_STEP
  const parents = [...parentsOf(traced)]
  const [first, ...others] = parents
  if (!first) return NO_STEP
  const count = parents.length > 1 ? { 'messaging.batch.message_count': parents.length } : {}
  const open = ([smsIdentifier, parent]: [string, SpanContext], links: Link[]) => {
    const attributes = { ...count, ...options.attributes, [MESSAGE_ATTRIBUTE]: smsIdentifier }
    return startSpan(name, { ...options, attributes, parent, links })
  }
  const origin = options.link === undefined ? [] : linkTo(options.link)
  const lead = open(first, [...origin, ...others.map(([, context]) => ({ context }))])
  const spans = new Map([[first[0], lead]])
  const toLead = { context: lead.spanContext() }
  for (const other of others) spans.set(other[0], open(other, [...origin, toLead]))
  return {
    traceparent: traceparentOf(lead),
    end(outcomes = {}) {
      for (const [smsIdentifier, span] of spans)
        endSpan(span, typeof outcomes === 'function' ? outcomes(smsIdentifier) : outcomes)
    },
    during: (work) => context.with(trace.setSpan(ROOT_CONTEXT, lead), work),
  }
}

/** The same around asynchronous work. A fault ends the step with its name, and is thrown on. */
export async function inStep<T>(
  name: string,
  traced: readonly Traced[],
  { outcomesOf, ...options }: StepOptions & { outcomesOf?: (result: T) => Outcomes },
  work: () => Promise<T>,
): Promise<T> {
  const step = startStep(name, traced, options)
  if (step === NO_STEP) return work()
  try {
    const result = await step.during(work)
    step.end(outcomesOf?.(result))
    return result
  } catch (error) {
    step.end({ error: error instanceof Error ? error.name : 'fault' })
    throw error
  }
}

/** Records a step that is over, such as a wait. */
export function recordStep(name: string, traced: readonly Traced[], options: StepOptions = {}): void {
  startStep(name, traced, options).end()
}

/** The distinct requests of sampled traces. A header that is malformed belongs to none. */
function parentsOf(traced: readonly Traced[]): Map<string, SpanContext> {
  const parents = new Map<string, SpanContext>()
  for (const { smsIdentifier, traceparent } of traced) {
    if (traceparent === undefined || parents.has(smsIdentifier)) continue
    const parent = readTraceparent(traceparent)
    if (parent && isSampled(parent)) parents.set(smsIdentifier, toSpanContext(parent))
  }
  return parents
}

interface SpanOptions extends StepOptions {
  /** Undefined: it begins a trace. */
  parent: SpanContext | undefined
  links?: Link[]
}

/** By the clock of this process: another one's may differ, and only durations cross processes. */
export function startSpan(
  name: string,
  { kind = 'internal', attributes = {}, startedAgoMs = 0, parent, links = [] }: SpanOptions,
): Span {
  const within: Context = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT
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

const KINDS: Record<Kind, SpanKind> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
}

export function toSpanContext({ traceId, spanId, flags }: TraceContext): SpanContext {
  return { traceId, spanId, traceFlags: flags, isRemote: true }
}

function linkTo(traceparent: string): Link[] {
  const context = readTraceparent(traceparent)
  return context ? [{ context: toSpanContext(context) }] : []
}

/** @returns undefined for a span that is not recorded. */
export function traceparentOf(span: Span): string | undefined {
  if (!span.isRecording()) return undefined
  const { traceId, spanId, traceFlags: flags } = span.spanContext()
  return toTraceparent({ traceId, spanId, flags })
}

/** The span that the current work belongs to, if it is recorded. */
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
