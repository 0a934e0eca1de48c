/** @returns what notations share that differ in case and leading zeros, as the tables have it. */
export function matchKeyOf(identifier: string): string {
  return identifier.toLowerCase().replace(/^0+/, '')
}

const DECIMAL = /^[0-9]+$/
const HEXADECIMAL = /^[0-9a-f]+$/i

/** @returns the keys of the same number in the other base: it is not said in which one it is written. */
export function recodedKeysOf(identifier: string): string[] {
  const keys: string[] = []
  // BigInt, because identifiers exceed 2^53.
  if (DECIMAL.test(identifier)) keys.push(BigInt(identifier).toString(16))
  if (HEXADECIMAL.test(identifier)) keys.push(BigInt(`0x${identifier}`).toString(10))
  return keys.map(matchKeyOf)
}
