import { DEFAULT_ALPHABET, ESCAPE, EXTENSION, EXTENSION_BASE } from './gsmAlphabet.ts'

const SEPTETS = new Map([...DEFAULT_ALPHABET].map((character, septet) => [character, septet]))

const ENCODED = new Map<string, readonly number[]>([
  ...[...SEPTETS].map(([character, septet]) => [character, [septet]] as const),
  ...[...EXTENSION].map((character, at) => {
    return [character, [ESCAPE, EXTENSION_BASE[at] ?? ''].map((each) => SEPTETS.get(each) ?? 0)] as const
  }),
])

/** @returns a GSM 7 bit text unpacked, a septet an octet. Characters outside the alphabet are left out. */
export function encodeGsm7(text: string): Buffer {
  const octets: number[] = []
  for (const character of text) octets.push(...(ENCODED.get(character) ?? []))
  return Buffer.from(octets)
}
