import { intervalMicrosOf } from './rateLimit.ts'
import type { RateLimit } from './rateLimit.ts'

export interface Taken {
  isAllowed: boolean
  /** The bucket after the request, unchanged by a refusal. */
  tatMicros: number
  /** How long until the same request would be allowed; 0 when it is, Infinity when the limit is 0. */
  retryAfterMs: number
}

/**
 * Takes units from a bucket by the generic cell rate algorithm (ITU-T I.371, decision 0023): `tatMicros` is when it is
 * full again, 0 for a new one, and the requests of a batch share `nowMicros` and pass the time stamp on. A request
 * larger than the burst is allowed when the bucket is full, and leaves it in debt.
 * @param nowMicros whole microseconds of the clock that all users of the bucket share.
 */
export function takeUnits(tatMicros: number, limit: RateLimit, nowMicros: number, units: number): Taken {
  if (limit.units === 0) return { isAllowed: false, tatMicros, retryAfterMs: Infinity }
  const intervalMicros = intervalMicrosOf(limit)
  const startMicros = Math.max(tatMicros, nowMicros)
  const neededUnits = Math.min(units, limit.burst)
  const waitMicros = startMicros - nowMicros - (limit.burst - neededUnits) * intervalMicros
  if (waitMicros > 0) return { isAllowed: false, tatMicros, retryAfterMs: Math.ceil(waitMicros / 1_000) }
  return { isAllowed: true, tatMicros: startMicros + units * intervalMicros, retryAfterMs: 0 }
}
