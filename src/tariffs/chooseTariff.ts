import { findByPrefix } from '../primitives/longestPrefix.ts'
import type { Tariff } from './tariff.ts'
import type { TariffList } from './selectTariffs.ts'

/** @returns the tariff of a recipient: in the first rank that has one in force, that of the longest prefix. */
export function chooseTariff({ ranks, fallback, atMs }: TariffList, recipient: string): Tariff {
  for (const rank of ranks) {
    const tariff = findByPrefix(rank, recipient, (ofPrefix) =>
      ofPrefix.find((candidate) => isInForce(candidate, atMs)),
    )
    if (tariff) return tariff
  }
  return fallback
}

function isInForce({ validFromMs, validUntilMs }: Tariff, atMs: number): boolean {
  return validFromMs <= atMs && (validUntilMs === null || atMs < validUntilMs)
}
