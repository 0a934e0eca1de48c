import type { Tier } from '../primitives/access.ts'
import { perMinute } from './rateLimit.ts'
import type { RateLimit } from './rateLimit.ts'

/** Message parts a minute (seed 002). The burst is a minute's worth. */
export const PARTS_OF_TIER: Readonly<Record<Tier, RateLimit>> = {
  free: perMinute(60),
  basic: perMinute(300),
  premium: perMinute(1_000),
}

/** What a customer's row says about its limit; null where it says nothing. */
export interface PartsPlan {
  tier: Tier | null
  partsPerMinute: number | null
  partsBurst: number | null
}

/**
 * @returns the limit of a customer, whose own values override its tier's; a rate of its own brings its own minute's worth
 * of burst. Null: no limit, as for customers without a tier. @throws RangeError for numbers that perMinute refuses.
 */
export function partsLimitOf({ tier, partsPerMinute, partsBurst }: PartsPlan): RateLimit | null {
  const units = partsPerMinute ?? (tier && PARTS_OF_TIER[tier].units)
  return units === null ? null : perMinute(units, partsBurst ?? units)
}
