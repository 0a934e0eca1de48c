/** The recipients of a request, or one of them, and the trace that they belong to. */
export interface Traced {
  smsIdentifier: string
  /** W3C Trace Context; left out where there is none, or where its trace is not sampled. */
  traceparent?: string | undefined
}

export interface TraceContext {
  traceId: string
  spanId: string
  flags: number
}

/**
 * W3C Trace Context: version, trace, parent and flags, not all zeros. A later version may have more fields, of which a
 * reader ignores all but the first four; version ff is invalid.
 */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const SAMPLED = 1

/** @returns what a header of any version says, or undefined when it is malformed. */
export function readTraceparent(header: string): TraceContext | undefined {
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(header) ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  if (version === '00' && more !== undefined) return undefined
  return { traceId, spanId, flags: Number.parseInt(flags, 16) }
}

/** @returns a header of version 00. */
export function toTraceparent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`
}

/** Whether the caller records the trace. If not, no process does, and the context is not carried on. */
export function isSampled({ flags }: TraceContext): boolean {
  return (flags & SAMPLED) !== 0
}
