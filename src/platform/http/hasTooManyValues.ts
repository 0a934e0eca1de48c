/** Far above any valid body of one request, which has 10,000 recipients at most. */
export const VALUES_MAX = 50_000

const QUOTE = 0x22
const BACKSLASH = 0x5c
const [COMMA, LIST, OBJECT] = [0x2c, 0x5b, 0x7b]

/**
 * Whether a JSON text has more values than allowed. Asked before it is parsed: a body of millions of small values would take
 * a hundred times its bytes of memory, and seconds in which no other request is served.
 */
export function hasTooManyValues(bytes: Buffer, valuesMax: number): boolean {
  // Each value takes a byte at least.
  if (bytes.length <= valuesMax) return false
  let values = 1
  let isInString = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (isInString) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) isInString = false
    } else if (byte === QUOTE) isInString = true
    else if (byte === COMMA || byte === LIST || byte === OBJECT) {
      values++
      if (values > valuesMax) return true
    }
  }
  return false
}
