import { toUtcMs } from '../localTime.ts'

/**
 * - iso: `2020-01-01T14:00:00`, with a space for the T, with or without a fraction and an offset.
 * - unix, unix_ms: seconds or milliseconds since 1970.
 * - yymmddhhmm: `2001011400`, perhaps with seconds.
 */
export const TIME_FORMATS = ['iso', 'unix', 'unix_ms', 'yymmddhhmm'] as const

export type TimeFormat = (typeof TIME_FORMATS)[number]

const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,]\d{1,9})?\s?(Z|[+-]\d\d:?\d\d)?$/
const SHORT = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?$/
/** The end of the year 9999. */
const UNIX_MS_MAX = 253_402_300_799_999
const OFFSET_HOURS_MAX = 14

/** @returns the time to the second, or null for none; without an offset it is in the operator's zone. */
export function readTime(text: string, format: TimeFormat, timeZone: string): Date | null {
  switch (format) {
    case 'unix':
      return /^\d{1,12}$/.test(text) ? instant(Number(text) * 1_000) : null
    case 'unix_ms':
      return /^\d{1,15}$/.test(text) ? instant(Number(text)) : null
    case 'iso': {
      const [, date = '', time = '', offset = ''] = ISO.exec(text) ?? []
      return real(`${date}T${time.length === 5 ? `${time}:00` : time}`, offset, timeZone)
    }
    case 'yymmddhhmm': {
      const [, year, month, day, hour, minute, second = '00'] = SHORT.exec(text) ?? []
      return real(`20${year}-${month}-${day}T${hour}:${minute}:${second}`, '', timeZone)
    }
  }
}

function instant(ms: number): Date | null {
  return ms > 0 && ms <= UNIX_MS_MAX ? new Date(Math.floor(ms / 1_000) * 1_000) : null
}

/** The 30th of February is no time. */
function real(local: string, offset: string, timeZone: string): Date | null {
  const asUtc = new Date(`${local}Z`)
  if (Number.isNaN(asUtc.getTime()) || !asUtc.toISOString().startsWith(local)) return null
  if (offset === '') return new Date(toUtcMs(asUtc.getTime(), timeZone))
  if (offset !== 'Z' && Number(offset.slice(1, 3)) > OFFSET_HOURS_MAX) return null
  return new Date(local + offset.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2'))
}
