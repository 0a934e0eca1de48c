import { isIdentifier } from '../../primitives/identifier.ts'

/** A line of a terminal holds about as much beside the other columns. */
const OUTLINE_CHARS_MAX = 160
/** An envelope of 100 recipients of 100 requests has about 12 KiB; what is far larger is not looked into. */
const BODY_BYTES_MAX = 65_536
/** Recipients have at least 5 digits, so a shorter number is none. */
const NUMBER_MAX = 9_999
const WORDS: ReadonlySet<unknown> = new Set(['normal', 'express'])
const HIDDEN = '…'

/**
 * What a person may see of a message that could not be parsed. It may contain a text or a telephone number, so only the
 * shape of its JSON is shown, with identifiers, small numbers and the names of classes.
 */
export function outline(body: Buffer): string {
  if (body.length > BODY_BYTES_MAX) return 'too large to show'
  try {
    const line = JSON.stringify(hide(JSON.parse(body.toString('utf8'))))
    return line.length > OUTLINE_CHARS_MAX ? `${line.slice(0, OUTLINE_CHARS_MAX)}${HIDDEN}` : line
  } catch {
    return 'not JSON'
  }
}

function hide(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hide)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [/^[a-z_]{1,24}$/.test(key) ? key : HIDDEN, hide(inner)]),
    )
  }
  if (typeof value === 'string') return WORDS.has(value) || isIdentifier(value) ? value : HIDDEN
  if (typeof value === 'number') return Math.abs(value) <= NUMBER_MAX ? value : HIDDEN
  return value
}
