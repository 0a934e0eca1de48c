import { digitsOf } from '../primitives/address.ts'
import type { Tariff } from './tariff.ts'
import type { TariffList } from './selectTariffs.ts'

/** @returns the tariff of a recipient: in the first rank that has one in force, that of the longest prefix. */
export function chooseTariff({ ranks, fallback, atMs }: TariffList, recipient: string): Tariff {
  const destination = destinationOf(recipient)
  for (const { byPrefix, prefixLengths } of ranks) {
    for (const length of prefixLengths) {
      const tariffs = byPrefix.get(destination.slice(0, length))
      const tariff = tariffs?.find((candidate) => isInForce(candidate, atMs))
      if (tariff) return tariff
    }
  }
  return fallback
}

function isInForce({ validFromMs, validUntilMs }: Tariff, atMs: number): boolean {
  return validFromMs <= atMs && (validUntilMs === null || atMs < validUntilMs)
}

/**
 * No calling code begins with 0, and operators take 00 for a plus: an expensive destination stays one in that writing.
 * A national number has no calling code to go by; DEFAULT_REGION gives it one before it comes here.
 */
function destinationOf(recipient: string): string {
  const digits = digitsOf(recipient)
  return digits.startsWith('00') ? digits.slice(2) : digits
}
