const QUARTER_MS = 15 * 60_000

/**
 * The instant of a wall clock's time, which is given as if it were UTC; in an hour that there is twice, the earlier one
 * counts. The second look is for times near a change of the clocks.
 */
export function toUtcMs(localMs: number, timeZone: string): number {
  if (timeZone === 'UTC') return localMs
  return localMs - offsetMs(localMs - offsetMs(localMs, timeZone), timeZone)
}

const formats = new Map<string, Intl.DateTimeFormat>()
/** Receipts come in the order of their times: the last quarter of an hour of a zone is mostly that of the next one. */
const lastOffsets = new Map<string, { quarter: number; ms: number }>()

/** How far a zone is ahead of UTC at a time. Offsets change on quarters of an hour. */
function offsetMs(atMs: number, timeZone: string): number {
  const quarter = Math.floor(atMs / QUARTER_MS)
  const last = lastOffsets.get(timeZone)
  if (last?.quarter === quarter) return last.ms
  const startMs = quarter * QUARTER_MS
  const ms = wallClockMs(startMs, timeZone) - startMs
  lastOffsets.set(timeZone, { quarter, ms })
  return ms
}

function wallClockMs(atMs: number, timeZone: string): number {
  let format = formats.get(timeZone)
  if (!format) {
    const [two, numeric] = ['2-digit', 'numeric'] as const
    const fields = { year: numeric, month: two, day: two, hour: two, minute: two, second: two }
    format = new Intl.DateTimeFormat('en', { timeZone, hourCycle: 'h23', ...fields })
    formats.set(timeZone, format)
  }
  const parts = format.formatToParts(atMs)
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value)
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'))
}
