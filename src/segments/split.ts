import { septetsOf } from './gsmAlphabet.ts'

export type Encoding = 'gsm7' | 'ucs2'

interface Unit {
  bits: number
  /** Units of a code point. */
  unitsOf: (codePoint: number) => number
}

const UNITS: Readonly<Record<Encoding, Unit>> = {
  gsm7: { bits: 7, unitsOf: septetsOf },
  ucs2: { bits: 16, unitsOf: utf16UnitsOf },
}

/** User data of a message: 160 septets, or 70 UTF-16 code units. */
const USER_DATA_OCTETS = 140
/** Say in each of several parts which one it is, with a reference of 8 bits (3GPP TS 23.040, 9.2.3.24.1). */
const HEADER_OCTETS = 6

export interface Parts {
  /** The text of each part, at least one. Joined they are the text. */
  parts: string[]
  /** Septets or UTF-16 code units of each part, without the header that joins parts. */
  unitsByPart: number[]
}

/**
 * Fills one part after the other without cutting a code point, so that no escape pair and no surrogate pair is cut.
 * With the header of six octets a part of several holds 153 septets or 67 UTF-16 code units; an operator may want a
 * longer one.
 */
export function split(text: string, encoding: Encoding, headerOctets = HEADER_OCTETS): Parts {
  const { bits, unitsOf } = UNITS[encoding]
  const unitsIn = (octets: number) => Math.floor((octets * 8) / bits)
  const whole = fill(text, unitsOf, unitsIn(USER_DATA_OCTETS))
  return whole.parts.length === 1 ? whole : fill(text, unitsOf, unitsIn(USER_DATA_OCTETS - headerOctets))
}

function fill(text: string, unitsOf: Unit['unitsOf'], unitsMax: number): Parts {
  const parts: string[] = []
  const unitsByPart: number[] = []
  let start = 0
  let units = 0
  for (let at = 0; at < text.length;) {
    const codePoint = text.codePointAt(at) ?? 0
    const more = unitsOf(codePoint)
    if (units + more > unitsMax) {
      parts.push(text.slice(start, at))
      unitsByPart.push(units)
      start = at
      units = 0
    }
    units += more
    at += utf16UnitsOf(codePoint)
  }
  parts.push(text.slice(start))
  unitsByPart.push(units)
  return { parts, unitsByPart }
}

function utf16UnitsOf(codePoint: number): number {
  return codePoint > 0xffff ? 2 : 1
}
