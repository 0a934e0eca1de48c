import { RECIPIENT_SHAPE } from '../primitives/address.ts'

/** More than 15 digits with a separator and a mark beside each. */
const WRITTEN_LENGTH_MAX = 64

/** Direction marks, characters of zero width and the soft hyphen: copying a number from a page brings them along. */
const INVISIBLE = /[\p{Bidi_Control}\u00ad\u200b-\u200d\u2060\ufeff]/gu
const SPACE = /\p{Zs}/gu
const DASH = /[\p{Pd}\u2212]/gu
const OPENING = /[[\uff08\uff3b]/g
const CLOSING = /[\]\uff09\uff3d]/g
const PLUS = /\uff0b/g
const DIGIT = /\p{Nd}/gu

/**
 * Separators stand between digits, and one plus before them. A dot is no separator: spreadsheets write
 * `989120000001.0`, and with that last zero it would be another number.
 */
const WRITING = /^[ (]*\+?[ (]*[0-9](?:[ ()-]*[0-9])*[ )]*$/

/**
 * Reads how a number is written, in any decimal digits of Unicode, with spaces, dashes, brackets and invisible marks.
 *
 * @returns ASCII digits, after a plus if there was one, or undefined when anything else stands in it. Line feeds and
 * tabs are not spaces here: they show that a file was cut in the wrong place.
 */
export function readWriting(written: string): string | undefined {
  // Most numbers are written like this, and reading the other forms costs ten times as much.
  if (RECIPIENT_SHAPE.test(written)) return written
  if (written.length > WRITTEN_LENGTH_MAX) return undefined
  const plain = written
    .replace(INVISIBLE, '')
    .replace(SPACE, ' ')
    .replace(DASH, '-')
    .replace(OPENING, '(')
    .replace(CLOSING, ')')
    .replace(PLUS, '+')
    .replace(DIGIT, asciiDigit)
  return WRITING.test(plain) ? plain.replace(/[ ()-]/g, '') : undefined
}

/** Unicode encodes decimal digits in runs from 0 to 9, so the distance from the start of the run is the value. */
function asciiDigit(digit: string): string {
  const codePoint = digit.codePointAt(0) ?? 0
  let start = codePoint
  while (/^\p{Nd}$/u.test(String.fromCodePoint(start - 1))) start--
  return String((codePoint - start) % 10)
}
