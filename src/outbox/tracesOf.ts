import type { Envelope } from './envelope.ts'

const NO_TRACES: ReadonlyMap<string, string> = new Map()

/** @returns the traces of an envelope's requests, by identifier: a merged one has many. */
export function tracesOf({ ranges }: Envelope): ReadonlyMap<string, string> {
  if (ranges.every(({ traceparent }) => traceparent === undefined)) return NO_TRACES
  return new Map(
    ranges.flatMap(({ smsIdentifier, traceparent }): [string, string][] =>
      traceparent === undefined ? [] : [[smsIdentifier, traceparent]],
    ),
  )
}
