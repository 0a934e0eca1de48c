import { encodeGsm7, isGsm7, split } from '../../../segments/index.ts'

/** What an operator reads a text in that is not UCS-2. Each has its data_coding. */
export const DEFAULT_ALPHABETS = ['gsm', 'ascii', 'latin1'] as const
export type DefaultAlphabet = (typeof DEFAULT_ALPHABETS)[number]

export const DATA_CODING = { gsm: 0, ascii: 1, latin1: 3, ucs2: 8 } as const

export interface EncodedText {
  dataCoding: number
  /** The octets of each part, without a header. */
  parts: Buffer[]
}

export interface TextOptions {
  alphabet: DefaultAlphabet
  /** Of the header in each of several parts. */
  headerOctets: number
}

/**
 * Encodes a text for the wire. It is cut as `src/segments` counts it, except where the operator's alphabet lacks a
 * character of a GSM text, which then is UCS-2 and may take more parts.
 */
export function encodeText(text: string, { alphabet, headerOctets }: TextOptions): EncodedText {
  const charset = charsetFor(text, alphabet)
  const { parts } = split(text, charset !== 'ucs2' && isGsm7(text) ? 'gsm7' : 'ucs2', headerOctets)
  return { dataCoding: DATA_CODING[charset], parts: parts.map((part) => encode(part, charset)) }
}

/** The same octets without being cut, for an operator that does it. */
export function encodeWhole(text: string, alphabet: DefaultAlphabet): Buffer {
  return encode(text, charsetFor(text, alphabet))
}

function charsetFor(text: string, alphabet: DefaultAlphabet): keyof typeof DATA_CODING {
  const hasAll = alphabet === 'gsm' ? isGsm7(text) : isWithin(text, alphabet === 'ascii' ? 0x7f : 0xff)
  return hasAll ? alphabet : 'ucs2'
}

function isWithin(text: string, unitMax: number): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > unitMax) return false
  return true
}

function encode(text: string, charset: keyof typeof DATA_CODING): Buffer {
  switch (charset) {
    case 'gsm':
      return encodeGsm7(text)
    case 'ascii':
    case 'latin1':
      return Buffer.from(text, 'latin1')
    case 'ucs2':
      return Buffer.from(text, 'utf16le').swap16()
  }
}
