import { indexPrefixes } from '../primitives/longestPrefix.ts'
import type { PrefixIndex } from '../primitives/longestPrefix.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { Tariff } from './tariff.ts'

/**
 * Tariffs of one customer (or of all) and one class (or both) by their prefix. Of one prefix the tariff that began later comes
 * first, and of two that began together the newer row.
 */
export type Rank = PrefixIndex<readonly Tariff[]>

type Ranks = Partial<Record<MessageClass | 'both', Rank>>

/** All tariffs by customer, class and prefix, whether they hold at the moment or not; null is for all customers. */
export type TariffIndex = ReadonlyMap<number | null, Ranks>

export const NO_TARIFFS: TariffIndex = new Map()

/** Sorts tariffs once, so that a request looks up a few of thousands. */
export function indexTariffs(tariffs: readonly Tariff[]): TariffIndex {
  return new Map(
    [...Map.groupBy(tariffs, ({ userId }) => userId)].map(([userId, own]) => [userId, toRanks(own)]),
  )
}

function toRanks(tariffs: Tariff[]): Ranks {
  const byClass = Map.groupBy(tariffs, ({ type }) => type ?? 'both')
  return Object.fromEntries([...byClass].map(([type, own]) => [type, toRank(own)]))
}

function toRank(tariffs: Tariff[]): Rank {
  const latestFirst = tariffs.toSorted((a, b) => b.validFromMs - a.validFromMs || b.id - a.id)
  return indexPrefixes(Map.groupBy(latestFirst, ({ destinationPrefix }) => destinationPrefix))
}
