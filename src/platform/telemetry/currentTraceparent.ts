import { isSampled, readTraceparent, toTraceparent } from '../../primitives/traceparent.ts'
import { activeSpan, traceparentOf } from './spans.ts'

/**
 * The trace that the current work belongs to, to be stored with what it leaves behind: the active span's, or else the
 * header that the client sent, so that a trace passes through even an engine that records none. A trace that is not
 * sampled leaves nothing.
 */
export function currentTraceparent(incoming?: string): string | undefined {
  const active = activeSpan()
  if (active) return traceparentOf(active)
  const read = incoming === undefined ? undefined : readTraceparent(incoming)
  return read && isSampled(read) ? toTraceparent(read) : undefined
}
