import { destinationOf } from './address.ts'

/** Values by what numbers begin with. */
export interface PrefixIndex<T> {
  /** Digits without a plus; empty for all numbers. */
  byPrefix: ReadonlyMap<string, T>
  /** The lengths that the prefixes have, longest first. */
  prefixLengths: readonly number[]
}

/** Sorts the lengths once, so that a number looks up a few prefixes of thousands. */
export function indexPrefixes<T>(byPrefix: ReadonlyMap<string, T>): PrefixIndex<T> {
  const lengths = new Set([...byPrefix.keys()].map((prefix) => prefix.length))
  return { byPrefix, prefixLengths: [...lengths].sort((a, b) => b - a) }
}

/** @returns what `choose` finds at the longest prefix of the number where it finds anything. */
export function findByPrefix<T, Found>(
  { byPrefix, prefixLengths }: PrefixIndex<T>,
  to: string,
  choose: (value: T) => Found | undefined,
): Found | undefined {
  const digits = destinationOf(to)
  for (const length of prefixLengths) {
    const value = byPrefix.get(digits.slice(0, length))
    const found = value === undefined ? undefined : choose(value)
    if (found !== undefined) return found
  }
  return undefined
}
