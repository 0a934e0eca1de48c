import type { MessageClass } from '../primitives/messageClass.ts'
import type { Rank, TariffIndex } from './indexTariffs.ts'
import { defaultTariff } from './tariff.ts'
import type { PricesPerMessage, Tariff } from './tariff.ts'

export interface TariffQuery {
  userId: number
  type: MessageClass
  atMs: number
}

/** The tariffs of one customer and class, and the moment at which one has to hold. */
export interface TariffList {
  /** The first that has a tariff decides. */
  ranks: readonly Rank[]
  /** For numbers for which no other tariff holds. */
  fallback: Tariff
  atMs: number
}

/**
 * Selects the tariffs of a request once, so that each recipient costs a few look-ups. A customer's own tariff comes
 * before one for all customers, then one for the class before one for both.
 */
export function selectTariffs(
  index: TariffIndex,
  { userId, type, atMs }: TariffQuery,
  prices: PricesPerMessage,
): TariffList {
  const own = index.get(userId)
  const ofAll = index.get(null)
  const ranks = [own?.[type], own?.both, ofAll?.[type], ofAll?.both].filter((rank) => rank !== undefined)
  return { ranks, fallback: defaultTariff(type, prices), atMs }
}
