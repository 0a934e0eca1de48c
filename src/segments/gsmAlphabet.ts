/** The GSM 7 bit default alphabet, 3GPP TS 23.038 6.2.1: a character's place in this string is its septet. */
export const DEFAULT_ALPHABET =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ' +
  ' !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§' +
  '¿abcdefghijklmnopqrstuvwxyzäöñüà'

/** The extension table, 6.2.1.1: each is an escape and a septet, that of the character below it here. */
export const EXTENSION = '\f^{}\\[~]|€'
export const EXTENSION_BASE = '\nΛ()/<=>¡e'

/** Precedes a septet of the extension table; not a character that a text can contain. */
export const ESCAPE = '\u001b'

const SEPTETS = new Map([
  ...[...DEFAULT_ALPHABET].filter((character) => character !== ESCAPE).map((it) => [it, 1] as const),
  ...[...EXTENSION].map((it) => [it, 2] as const),
])

/** A table by code unit, because every character of every text is looked up in it. */
const SEPTETS_BY_UNIT = Uint8Array.from(
  { length: 1 + Math.max(...[...SEPTETS.keys()].map((it) => it.charCodeAt(0))) },
  (_, unit) => SEPTETS.get(String.fromCharCode(unit)) ?? 0,
)

/** @returns how many septets a UTF-16 code unit takes: 1, 2 with the escape, or 0 when GSM 7 bit does not have it. */
export function septetsOf(unit: number): number {
  return SEPTETS_BY_UNIT[unit] ?? 0
}

/** @returns whether every character of the text is in the default alphabet or its extension table. */
export function isGsm7(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (septetsOf(text.charCodeAt(i)) === 0) return false
  return true
}
