import { septetsOf } from './gsmAlphabet.ts'

export type Encoding = 'gsm7' | 'ucs2'

interface Capacity {
  /** Units of a message of one part: 140 octets of user data. */
  single: number
  /** Units of each of several parts: six octets of every part say which one it is (3GPP TS 23.040, 9.2.3.24.1). */
  ofSeveral: number
  /** Units of a code point. */
  unitsOf: (codePoint: number) => number
}

const CAPACITIES: Readonly<Record<Encoding, Capacity>> = {
  gsm7: { single: 160, ofSeveral: 153, unitsOf: septetsOf },
  ucs2: { single: 70, ofSeveral: 67, unitsOf: utf16UnitsOf },
}

export interface Parts {
  /** The text of each part, at least one. Joined they are the text. */
  parts: string[]
  /** Septets or UTF-16 code units of each part, without the header that joins parts. */
  unitsByPart: number[]
}

/** Fills one part after the other. A code point is never cut, so no escape pair and no surrogate pair is. */
export function split(text: string, encoding: Encoding): Parts {
  const { single, ofSeveral, unitsOf } = CAPACITIES[encoding]
  const whole = fill(text, unitsOf, single)
  return whole.parts.length === 1 ? whole : fill(text, unitsOf, ofSeveral)
}

function fill(text: string, unitsOf: Capacity['unitsOf'], unitsMax: number): Parts {
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
