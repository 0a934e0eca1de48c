import type { Envelope } from './envelope.ts'

const NO_TRACES: ReadonlyMap<string, string> = new Map()

/** @returns the traces of an envelope's requests, by identifier: a merged one has many. */
export function tracesOf({ ranges }: Envelope): ReadonlyMap<string, string> {
  const traced = ranges.flatMap(({ smsIdentifier, traceparent }): [string, string][] =>
    traceparent === undefined ? [] : [[smsIdentifier, traceparent]],
  )
  return traced.length > 0 ? new Map(traced) : NO_TRACES
}
