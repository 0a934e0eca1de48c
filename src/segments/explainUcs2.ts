import { septetsOf } from './gsmAlphabet.ts'

/** Enough to find stray characters; in a text that is Persian throughout, more would not help. */
const EXPLAINED_MAX = 20

/** One occurrence of a character that GSM 7 bit does not have. */
export interface Ucs2Cause {
  character: string
  /** As Unicode writes it: `U+00A0`, `U+1F60E`. */
  code_point: string
  /** Code points of the text before it. */
  position: number
}

/** @returns the first characters, in order, that force UCS-2: none when the text is GSM 7 bit, and at most 20. */
export function explainUcs2(text: string): Ucs2Cause[] {
  const causes: Ucs2Cause[] = []
  let position = 0
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0
    if (septetsOf(codePoint) === 0) {
      const hex = codePoint.toString(16).toUpperCase().padStart(4, '0')
      causes.push({ character, code_point: `U+${hex}`, position })
      if (causes.length === EXPLAINED_MAX) break
    }
    position++
  }
  return causes
}
