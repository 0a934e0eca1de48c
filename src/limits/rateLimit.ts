/** A bucket that holds `burst` units and refills with `units` in each window. No units: everything is refused. */
export interface RateLimit {
  units: number
  windowSeconds: number
  burst: number
}

/**
 * Units a second that a limit may state; a customer that sends more has no limit. The time between two units is a whole
 * number of microseconds, which at this rate is 100, so that rounding takes less than 1 % of any rate.
 */
export const UNITS_PER_SECOND_MAX = 10_000

/** At one unit a minute this takes two years to refill: far from where a time stamp would lose its microseconds. */
export const BURST_MAX = 1_000_000

/** @throws RangeError when a number is not whole, negative or too large, or when a bucket that refills holds nothing. */
export function perMinute(units: number, burst: number = units): RateLimit {
  return checked({ units, windowSeconds: 60, burst })
}

/** As perMinute, for units a second. */
export function perSecond(units: number, burst: number = units): RateLimit {
  return checked({ units, windowSeconds: 1, burst })
}

/**
 * @returns the time in which one unit comes back, rounded up: a rate is never exceeded, and one whose time is whole is
 * reached exactly (all tiers are). Call it only for a limit with units.
 */
export function intervalMicrosOf({ units, windowSeconds }: RateLimit): number {
  return Math.ceil((windowSeconds * 1_000_000) / units)
}

function checked(limit: RateLimit): RateLimit {
  const { units, windowSeconds, burst } = limit
  const unitsMax = UNITS_PER_SECOND_MAX * windowSeconds
  if (!Number.isInteger(units) || units < 0 || units > unitsMax)
    throw new RangeError(`a limit of ${units} in ${windowSeconds} s must be a whole number up to ${unitsMax}`)
  const burstMin = units === 0 ? 0 : 1
  if (!Number.isInteger(burst) || burst < burstMin || burst > BURST_MAX)
    throw new RangeError(`a burst of ${burst} must be a whole number from ${burstMin} to ${BURST_MAX}`)
  return limit
}
