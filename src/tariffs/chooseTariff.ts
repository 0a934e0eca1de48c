import { digitsOf } from '../primitives/address.ts'
import type { Tariff } from './tariff.ts'
import type { TariffList } from './selectTariffs.ts'

/** @returns the tariff of a recipient: the first rank that has one, and in it the longest prefix. */
export function chooseTariff(list: TariffList, recipient: string): Tariff {
  const destination = destinationOf(recipient)
  for (const { byPrefix, prefixLengths } of list) {
    for (const length of prefixLengths) {
      const tariff = byPrefix.get(destination.slice(0, length))
      if (tariff) return tariff
    }
  }
  throw new Error('a tariff list ends with the default tariff')
}

/**
 * No calling code begins with 0, and operators take 00 for a plus: an expensive destination stays one in that writing.
 * A national number has no calling code to go by; DEFAULT_REGION gives it one before it comes here.
 */
function destinationOf(recipient: string): string {
  const digits = digitsOf(recipient)
  return digits.startsWith('00') ? digits.slice(2) : digits
}
