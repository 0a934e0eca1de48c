import { isGsm7 } from './gsmAlphabet.ts'
import { replaceLookAlikes } from './replaceLookAlikes.ts'
import { split } from './split.ts'
import type { Encoding, Parts } from './split.ts'

export interface Segmented extends Parts {
  encoding: Encoding
  /** What is sent: the text as given, unless smart encoding changed it. */
  text: string
}

export interface SegmentOptions {
  /** Replace typographic look-alikes when that turns the whole text into GSM 7 bit; off by default. */
  smartEncoding?: boolean | undefined
}

/**
 * Cuts a text, which is well-formed Unicode (`findTextFault`), into the parts of an SMS: 160 septets or 153 a part (GSM
 * 7 bit, 3GPP TS 23.038), or 70 UTF-16 code units or 67 a part (UCS-2) if one character needs it. Nothing is
 * normalised, and price and wire use this result, so that what is billed is what is sent.
 */
export function segment(given: string, { smartEncoding = false }: SegmentOptions = {}): Segmented {
  const text = smartEncoding ? encodeSmartly(given) : given
  const encoding = isGsm7(text) ? 'gsm7' : 'ucs2'
  return { encoding, text, ...split(text, encoding) }
}

/** A text that stays UCS-2 stays as it was: replacing would save nothing, and an ellipsis would grow. */
function encodeSmartly(text: string): string {
  const replaced = replaceLookAlikes(text)
  return isGsm7(replaced) ? replaced : text
}
