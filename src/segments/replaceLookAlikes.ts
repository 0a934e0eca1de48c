/**
 * What word processors, web pages and Asian keyboards insert for plain characters. Neither letters (ç is not c, a
 * Cyrillic а no Latin one) nor direction marks nor the joiners U+200C and U+200D, which spell Persian and other words,
 * are replaced.
 */
const LOOK_ALIKES: readonly (readonly [plain: string, written: string])[] = [
  ['"', '\u00ab\u00bb\u02ba\u02dd\u201c\u201d\u201e\u201f\u2033\u2036\u301d\u301e\u301f'],
  [
    "'",
    '`\u00b4\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\uff40',
  ],
  ['-', '\u2010\u2011\u2012\u2013\u2014\u2015\u2022\u2023\u2043\u2212\ufe58\ufe63'],
  ['.', '\u2024'],
  ['..', '\u2025'],
  ['...', '\u2026'],
  ['!!', '\u203c'],
  ['/', '\u2044\u2215'],
  ['*', '\u2217'],
  ['|', '\u2223'],
  ['^', '\u02c6'],
  ['~', '\u02dc\u223c'],
  [' ', '\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000'],
  ['\n', '\u2028\u2029'],
  // Invisible between Latin letters: soft hyphen, zero width space, word joiner, byte order mark.
  ['', '\u00ad\u200b\u2060\ufeff'],
  ['ff', '\ufb00'],
  ['fi', '\ufb01'],
  ['fl', '\ufb02'],
  ['ffi', '\ufb03'],
  ['ffl', '\ufb04'],
]

/** Full-width forms of the printable ASCII characters, in the same order. The backtick is listed above. */
const FULL_WIDTH = Array.from({ length: 0x5e }, (_, i) => i + 0x21)
  .filter((ascii) => ascii !== 0x60)
  .map((ascii) => [String.fromCharCode(ascii + 0xfee0), String.fromCharCode(ascii)] as const)

export const REPLACEMENTS: ReadonlyMap<string, string> = new Map([
  ...FULL_WIDTH,
  ...LOOK_ALIKES.flatMap(([plain, written]) => [...written].map((it) => [it, plain] as const)),
])

const REPLACED = new RegExp(`[${[...REPLACEMENTS.keys()].join('')}]`, 'gu')

/** @returns the text with typographic look-alikes as the GSM 7 bit characters that they look like. */
export function replaceLookAlikes(text: string): string {
  return text.replace(REPLACED, (written) => REPLACEMENTS.get(written) ?? written)
}
