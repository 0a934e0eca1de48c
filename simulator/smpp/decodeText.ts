import { DEFAULT_ALPHABET, ESCAPE, EXTENSION, EXTENSION_BASE } from '../../src/segments/gsmAlphabet.ts'

const GSM = 0
const ASCII = 1
const LATIN1 = 3
const UCS2 = 8

/** @returns undefined for a data coding that is not spoken here, or octets that it does not have. */
export function decodeText(octets: Buffer, dataCoding: number): string | undefined {
  switch (dataCoding) {
    case GSM:
      return decodeGsm(octets)
    case ASCII:
      return octets.every((octet) => octet < 0x80) ? octets.toString('latin1') : undefined
    case LATIN1:
      return octets.toString('latin1')
    case UCS2:
      return octets.length % 2 === 0 ? Buffer.from(octets).swap16().toString('utf16le') : undefined
    default:
      return undefined
  }
}

/** The GSM default alphabet, a septet an octet. */
function decodeGsm(octets: Buffer): string | undefined {
  let text = ''
  for (let at = 0; at < octets.length; at++) {
    const base = DEFAULT_ALPHABET[octets[at] ?? 0]
    if (base === undefined) return undefined
    if (base !== ESCAPE) {
      text += base
      continue
    }
    const extended = EXTENSION[EXTENSION_BASE.indexOf(DEFAULT_ALPHABET[octets[++at] ?? 0] ?? ESCAPE)]
    if (extended === undefined) return undefined
    text += extended
  }
  return text
}
