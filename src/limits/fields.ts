import type { RateLimit } from './rateLimit.ts'
import type { BucketReading } from './readBucket.ts'

/** A bucket as the client sees it. The name is also the unit in which it is counted. */
export interface NamedReading extends BucketReading {
  name: 'parts' | 'requests'
  limit: RateLimit
}

/**
 * The fields RateLimit-Policy and RateLimit of draft-ietf-httpapi-ratelimit-headers-11 (decision 0023): `q` units return in
 * `w` seconds, `r` are left, and one more is there after `t` seconds.
 * @returns headers by name; none without a limit, because the lists must not be empty.
 */
export function rateLimitFields(readings: NamedReading[]): Record<string, string> {
  if (readings.length === 0) return {}
  return {
    'RateLimit-Policy': readings.map(toPolicy).join(', '),
    RateLimit: readings.map(toServiceLimit).join(', '),
  }
}

function toPolicy({ name, limit: { units, windowSeconds, burst } }: NamedReading): string {
  const unit = name === 'requests' ? '' : `;qu="${name}"`
  const ownBurst = burst === units ? '' : `;chapar-burst=${burst}`
  return `"${name}";q=${units}${unit};w=${windowSeconds}${ownBurst}`
}

function toServiceLimit({ name, remaining, nextInSeconds }: NamedReading): string {
  return `"${name}";r=${remaining}${nextInSeconds === undefined ? '' : `;t=${nextInSeconds}`}`
}
