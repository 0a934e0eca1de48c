/** An IANA zone. */
export interface TimeZone {
  /** As the standard writes it: `Asia/Tehran`. */
  name: string
  /** @returns local time minus UTC, in milliseconds. */
  offsetMsAt(epochMs: number): number
}

/** A time in which a zone's offset does not change. */
export interface Stretch {
  fromMs: number
  offsetMs: number
}

const MINUTE_MS = 60_000
/** No zone changed its offset twice within it and back. */
const PROBE_MS = 86_400_000
/** The runtime would also take `+03:30`, which has no daylight saving. */
const NAME = /^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/

export const UTC: TimeZone = { name: 'UTC', offsetMsAt: () => 0 }

/** @returns the zone with this name, in any case of letters; undefined where the runtime knows none. */
export function findTimeZone(name: string): TimeZone | undefined {
  if (!NAME.test(name)) return undefined
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
    const zone = format.resolvedOptions().timeZone
    return zone === UTC.name ? UTC : { name: zone, offsetMsAt: (epochMs) => readOffset(format, epochMs) }
  } catch {
    return undefined
  }
}

/** From a text such as `1/31/2026, GMT+03:30`. */
function readOffset(format: Intl.DateTimeFormat, epochMs: number): number {
  const [, sign, hours = 0, minutes = 0, seconds = 0] =
    /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(format.format(epochMs)) ?? []
  const offsetSeconds = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)
  return (sign === '-' ? -offsetSeconds : offsetSeconds) * 1_000
}

/** @returns the stretches that cover a range, in order; each but the first begins at a change of the offset. */
export function stretchesOf(zone: TimeZone, fromMs: number, untilMs: number): Stretch[] {
  const stretches: Stretch[] = [{ fromMs, offsetMs: zone.offsetMsAt(fromMs) }]
  if (zone === UTC) return stretches
  let before = fromMs
  for (let probe = fromMs + PROBE_MS; before < untilMs; probe += PROBE_MS) {
    const last = stretches[stretches.length - 1] as Stretch
    if (zone.offsetMsAt(probe) !== last.offsetMs) stretches.push(findChange(zone, before, probe))
    before = probe
  }
  return stretches
}

/** Offsets change at whole minutes. */
function findChange(zone: TimeZone, beforeMs: number, afterMs: number): Stretch {
  const offsetBefore = zone.offsetMsAt(beforeMs)
  let before = Math.floor(beforeMs / MINUTE_MS)
  let after = Math.ceil(afterMs / MINUTE_MS)
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (zone.offsetMsAt(middle * MINUTE_MS) === offsetBefore) before = middle
    else after = middle
  }
  return { fromMs: after * MINUTE_MS, offsetMs: zone.offsetMsAt(after * MINUTE_MS) }
}

/** @returns a time as the zone's clocks show it, with the offset: `2026-03-22T00:00:00+03:30`. */
export function toLocalText(epochMs: number, offsetMs: number): string {
  const local = new Date(epochMs + offsetMs).toISOString().slice(0, 19)
  if (offsetMs === 0) return `${local}Z`
  const minutes = Math.round(Math.abs(offsetMs) / MINUTE_MS)
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'))
  return `${local}${offsetMs < 0 ? '-' : '+'}${hours}:${rest}`
}
