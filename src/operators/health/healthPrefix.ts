import { destinationOf } from '../../primitives/address.ts'
import { findByPrefix, indexPrefixes } from '../../primitives/longestPrefix.ts'

/** E.164 reserves each of them as a whole; all others have three digits. */
const SHORT_CODES = new Set(
  (
    '1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 ' +
    '57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98'
  ).split(' '),
)
const CODE_DIGITS_MAX = 3

/**
 * @returns what the number shares its operators' health with: the longest prefix of a route that follows health, or else its
 * calling code. So a network that fails for one prefix keeps the traffic of the others, and there are few prefixes.
 */
export function openHealthPrefix(prefixes: ReadonlySet<string>): (to: string) => string {
  const named = [...prefixes].filter((prefix) => prefix !== '')
  const index = indexPrefixes(new Map(named.map((prefix) => [prefix, prefix])))
  return (to) => findByPrefix(index, to, (prefix) => prefix) ?? callingCodeOf(destinationOf(to))
}

/** A number without its country keeps its zero, which no calling code begins with. */
function callingCodeOf(digits: string): string {
  if (digits.startsWith('0')) return '0'
  for (let length = 1; length < CODE_DIGITS_MAX; length++)
    if (SHORT_CODES.has(digits.slice(0, length))) return digits.slice(0, length)
  return digits.slice(0, CODE_DIGITS_MAX)
}
