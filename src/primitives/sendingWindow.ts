/** A time of day in a time zone, every day: from a minute on, and not from another one on. It may pass midnight. */
export interface SendingWindow {
  /** Minutes since midnight, 0 to 1,439; never equal to `toMinute`. */
  fromMinute: number
  toMinute: number
  /** A name of the IANA database. */
  timeZone: string
  /** Express messages keep to it too. */
  hasExpress: boolean
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** Zones change their offsets at quarters of an hour of UTC, and so never within one. */
const QUARTER_MS = 15 * MINUTE_MS
/** A window that a change of the clocks skips opens a day later. */
const QUARTERS_MAX = 3 * (DAY_MS / QUARTER_MS)

/** @returns the first time from `atMs` on at which the window is open, in milliseconds since the epoch. */
export function nextOpening(window: SendingWindow, atMs: number): number {
  let at = atMs
  for (let quarter = 0; quarter < QUARTERS_MAX; quarter++) {
    const local = localMs(window.timeZone, at)
    if (isWithin(window, local)) return at
    const opensAt = at + untilMinute(window.fromMinute, local)
    const nextQuarter = endOfQuarter(at)
    if (opensAt < nextQuarter) return opensAt
    at = nextQuarter
  }
  throw new Error(`the window from ${window.fromMinute} to ${window.toMinute} never opens`)
}

/** @returns a time up to which an open window stays open, at most a quarter of an hour later. */
export function openUntil(window: SendingWindow, atMs: number): number {
  const closesAt = atMs + untilMinute(window.toMinute, localMs(window.timeZone, atMs))
  return Math.min(closesAt, endOfQuarter(atMs))
}

/** Whether the engine knows a time zone of this name. */
export function isTimeZone(name: string): boolean {
  try {
    formatterOf(name)
    return true
  } catch {
    return false
  }
}

function isWithin({ fromMinute, toMinute }: SendingWindow, local: number): boolean {
  const [from, to] = [fromMinute * MINUTE_MS, toMinute * MINUTE_MS]
  return from < to ? local >= from && local < to : local >= from || local < to
}

function untilMinute(minute: number, local: number): number {
  return (minute * MINUTE_MS - local + DAY_MS) % DAY_MS
}

function endOfQuarter(atMs: number): number {
  return (Math.floor(atMs / QUARTER_MS) + 1) * QUARTER_MS
}

/** @returns the milliseconds since midnight on a zone's clocks. */
function localMs(timeZone: string, atMs: number): number {
  const local = (atMs + offsetOf(timeZone, Math.floor(atMs / QUARTER_MS))) % DAY_MS
  return (local + DAY_MS) % DAY_MS
}

/** Zones times the quarters of the days that messages may be ahead, by far. Beyond, all are computed again. */
const OFFSETS_MAX = 20_000
const offsets = new Map<string, number>()

function offsetOf(timeZone: string, quarter: number): number {
  const key = `${timeZone} ${quarter}`
  const known = offsets.get(key)
  if (known !== undefined) return known
  if (offsets.size >= OFFSETS_MAX) offsets.clear()
  const offset = readOffset(formatterOf(timeZone).format(quarter * QUARTER_MS))
  offsets.set(key, offset)
  return offset
}

/** @param text ends with GMT, or GMT and an offset such as +03:30. */
function readOffset(text: string): number {
  const [, sign, hours = '0', minutes = '0'] = /GMT(?:([+-])(\d\d):(\d\d))?$/.exec(text) ?? []
  const offset = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS
  return sign === '-' ? -offset : offset
}

const formatters = new Map<string, Intl.DateTimeFormat>()

/** @throws RangeError for a name that is no time zone. */
function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone)
  if (known) return known
  const formatter = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  formatters.set(timeZone, formatter)
  return formatter
}
