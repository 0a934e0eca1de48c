import { stretchesOf, toLocalText } from './timeZone.ts'
import type { TimeZone } from './timeZone.ts'

export const GRANULARITIES = ['minute', 'hour', 'day'] as const
export type Granularity = (typeof GRANULARITIES)[number]

/** Half-open: from a time on, up to but not including another. */
export interface Range {
  fromMs: number
  toMs: number
}

/** Consecutive periods of a zone's calendar. */
export interface Periods {
  /** When each begins, in order. */
  starts: number[]
  /** When the last one ends. */
  endMs: number
  /** Local time minus UTC at each start, and at the end. */
  offsetsMs: number[]
}

/** Of most periods: a day has 23 or 25 hours when daylight saving begins or ends. */
export const PERIOD_MS: Record<Granularity, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }
/** Longer than any period, the day included on which a zone crossed the date line. */
const AROUND_MS = { minute: 120_000, hour: 2 * 3_600_000, day: 3 * 86_400_000 }

/** @returns the periods that a range touches. Its ends need not be those of periods. */
export function periodsIn(granularity: Granularity, zone: TimeZone, { fromMs, toMs }: Range): Periods {
  const aroundMs = AROUND_MS[granularity]
  const around = boundariesIn(granularity, zone, { fromMs: fromMs - aroundMs, toMs: toMs + aroundMs })
  const first = around.findLastIndex(({ atMs }) => atMs <= fromMs)
  const end = around.findIndex(({ atMs }) => atMs >= toMs)
  const inside = around.slice(first, end)
  return {
    starts: inside.map(({ atMs }) => atMs),
    endMs: around[end]?.atMs ?? toMs,
    offsetsMs: around.slice(first, end + 1).map(({ offsetMs }) => offsetMs),
  }
}

/** @returns when a period begins, as the zone's clocks show it; of the index after the last one, when that ends. */
export function toPeriodText({ starts, endMs, offsetsMs }: Periods, index: number): string {
  return toLocalText(starts[index] ?? endMs, offsetsMs[index] ?? 0)
}

interface Boundary {
  atMs: number
  offsetMs: number
}

/** Where the zone's clocks show a full minute or hour, or another date than ever before. */
function boundariesIn(granularity: Granularity, zone: TimeZone, { fromMs, toMs }: Range): Boundary[] {
  const periodMs = PERIOD_MS[granularity]
  const stretches = stretchesOf(zone, fromMs, toMs)
  const boundaries: Boundary[] = []
  let latest = -Infinity
  stretches.forEach(({ fromMs: startMs, offsetMs }, index) => {
    const untilMs = stretches[index + 1]?.fromMs ?? toMs
    const number = (startMs + offsetMs) / periodMs
    // A change ends an hour, since the next one has another offset; it ends a day only by skipping midnight.
    const isBoundary = index > 0 && (granularity === 'hour' || Math.floor(number) > latest)
    const firstMs = isBoundary ? startMs : Math.ceil(number) * periodMs - offsetMs
    for (let atMs = firstMs; atMs < untilMs; atMs = nextOf(atMs, offsetMs, periodMs)) {
      const local = Math.floor((atMs + offsetMs) / periodMs)
      // The hour before midnight can come twice.
      if (granularity === 'day' && local <= latest) continue
      boundaries.push({ atMs, offsetMs })
      latest = local
    }
  })
  return boundaries
}

function nextOf(atMs: number, offsetMs: number, periodMs: number): number {
  return (Math.floor((atMs + offsetMs) / periodMs) + 1) * periodMs - offsetMs
}
