import type { Link, Span, SpanContext } from '@opentelemetry/api'
import { isSampled, readTraceparent } from '../../primitives/traceparent.ts'
import type { Traced } from '../../primitives/traceparent.ts'
import { endSpan, isTracing, startSpan, toSpanContext, traceparentOf, withinSpan } from './spans.ts'
import type { Outcome, SpanOptions } from './spans.ts'

export interface StepOptions extends Pick<SpanOptions, 'kind' | 'attributes' | 'startedAgoMs'> {
  /** The span of another step that led to this one. */
  link?: string | undefined
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
const MESSAGE_ATTRIBUTE = 'chapar.message_id'

/**
 * Begins a step that works on several requests at once; off, it returns at once. Each sampled one gets a span of its
 * own, so that its trace is whole; the first is linked to all others, and each of them to the first.
 */
export function startStep(name: string, traced: readonly Traced[], options: StepOptions = {}): Step {
  if (!isTracing()) return NO_STEP
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
  const spans = new Map<string, Span>([[first[0], lead]])
  const toLead = { context: lead.spanContext() }
  for (const other of others) spans.set(other[0], open(other, [...origin, toLead]))
  return {
    traceparent: traceparentOf(lead),
    end(outcomes = {}) {
      for (const [smsIdentifier, span] of spans)
        endSpan(span, typeof outcomes === 'function' ? outcomes(smsIdentifier) : outcomes)
    },
    during: (work) => withinSpan(lead, work),
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

/** The distinct requests of sampled traces. A context that is malformed belongs to none. */
function parentsOf(traced: readonly Traced[]): Map<string, SpanContext> {
  const parents = new Map<string, SpanContext>()
  for (const { smsIdentifier, traceparent } of traced) {
    if (traceparent === undefined || parents.has(smsIdentifier)) continue
    const parent = readTraceparent(traceparent)
    if (parent && isSampled(parent)) parents.set(smsIdentifier, toSpanContext(parent))
  }
  return parents
}

function linkTo(traceparent: string): Link[] {
  const context = readTraceparent(traceparent)
  return context ? [{ context: toSpanContext(context) }] : []
}
