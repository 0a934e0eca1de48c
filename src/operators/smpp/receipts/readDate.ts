import { toUtcMs } from '../../localTime.ts'

const QUARTER_MS = 15 * 60_000

/** YYMMDDhhmm, with seconds or without, or with a century before it. */
const LOCAL = /^(?:20)?(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?$/
/** The absolute time of SMPP: with tenths of a second, and quarters of an hour that it is ahead of UTC or behind. */
const ABSOLUTE = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\d(\d\d)([+-])$/

/** @returns a receipt's date, or null for none; without an offset it is in the operator's zone. */
export function readDate(text: string, timeZone: string): Date | null {
  const absolute = ABSOLUTE.exec(text)
  if (absolute) {
    const localMs = toMs(absolute)
    const aheadMs = Number(absolute[7]) * QUARTER_MS * (absolute[8] === '-' ? -1 : 1)
    return localMs === null ? null : new Date(localMs - aheadMs)
  }
  const local = LOCAL.exec(text)
  const localMs = local && toMs(local)
  return localMs === null ? null : new Date(toUtcMs(localMs, timeZone))
}

/** As if it were UTC; null when there is no such date, as for 0000000000. */
function toMs([, ...digits]: RegExpExecArray): number | null {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = digits.slice(0, 6).map(Number)
  const date = new Date(Date.UTC(2000 + year, month - 1, day, hour, minute, second || 0))
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour
  return isReal && minute < 60 ? date.getTime() : null
}
