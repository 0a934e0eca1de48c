import type { MessageClass } from '../primitives/messageClass.ts'
import { defaultTariff } from './tariff.ts'
import type { PricesPerMessage, Tariff } from './tariff.ts'

export interface TariffQuery {
  userId: number
  type: MessageClass
  atMs: number
}

/** Tariffs of one rank by their prefix, and the lengths that their prefixes have, longest first. */
export interface Rank {
  byPrefix: ReadonlyMap<string, Tariff>
  prefixLengths: readonly number[]
}

/** The tariffs that hold for one customer and class at one moment, by rank; the last one names a price for any number. */
export type TariffList = readonly Rank[]

/**
 * Selects the tariffs of a request once, so that each recipient costs a few look-ups. A customer's own tariff comes
 * before one for all customers, then one for the class before one for both; within a rank the longest prefix wins.
 */
export function selectTariffs(
  tariffs: readonly Tariff[],
  query: TariffQuery,
  prices: PricesPerMessage,
): TariffList {
  const inForce = tariffs.filter((tariff) => isInForce(tariff, query))
  const ranks = [
    inForce.filter(({ userId, type }) => userId !== null && type !== null),
    inForce.filter(({ userId, type }) => userId !== null && type === null),
    inForce.filter(({ userId, type }) => userId === null && type !== null),
    inForce.filter(({ userId, type }) => userId === null && type === null),
    [defaultTariff(query.type, prices)],
  ]
  return ranks.filter((rank) => rank.length > 0).map(toRank)
}

function isInForce({ userId, type, validFromMs, validUntilMs }: Tariff, query: TariffQuery): boolean {
  return (
    (userId === null || userId === query.userId) &&
    (type === null || type === query.type) &&
    validFromMs <= query.atMs &&
    (validUntilMs === null || query.atMs < validUntilMs)
  )
}

/** Of two tariffs with one prefix the one that began later holds, and of two that began together the newer row. */
function toRank(tariffs: Tariff[]): Rank {
  const oldestFirst = tariffs.toSorted((a, b) => a.validFromMs - b.validFromMs || a.id - b.id)
  const byPrefix = new Map(oldestFirst.map((tariff) => [tariff.destinationPrefix, tariff]))
  const lengths = new Set([...byPrefix.keys()].map((prefix) => prefix.length))
  return { byPrefix, prefixLengths: [...lengths].toSorted((a, b) => b - a) }
}
