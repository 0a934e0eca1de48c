import { digitsOf } from '../primitives/address.ts'
import type { NormalizedNumber } from './normalizeNumber.ts'

/** @returns the first of equal numbers: they get one message and one charge. A plus makes no difference. */
export function withoutEqualNumbers(numbers: readonly NormalizedNumber[]): NormalizedNumber[] {
  const first = new Map<string, NormalizedNumber>()
  for (const one of numbers) {
    const digits = digitsOf(one.number)
    if (!first.has(digits)) first.set(digits, one)
  }
  return [...first.values()]
}
