/**
 * A cheap over-approximation of whether JSON.parse may round a number in the text. Other bodies, nearly all, avoid a
 * reviver call for every value.
 */
const MAY_BE_ROUNDED = /[[:,\s]-?(?:\d{16}|\d+[.eE])/
const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/** Stands for a number that was not whole, so that a schema refuses it as it refuses every fraction. */
const NOT_WHOLE = 0.5

/**
 * Parses JSON, and keeps a fraction a fraction where JSON.parse would round it to a whole number: a customer or an
 * amount must not be another than the client wrote. @throws SyntaxError
 */
export function parseExactly(text: string): unknown {
  if (!MAY_BE_ROUNDED.test(text)) return JSON.parse(text)
  return JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && isRounded(value, context.source)
      ? NOT_WHOLE
      : value,
  )
}

function isRounded(value: number, source: string): boolean {
  if (!Number.isInteger(value)) return false
  const [, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(source) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return false
  const zeros = digits.length - significant.length + Number(exponent) - fraction.length
  if (zeros < 0) return true
  // A number beyond 2^53 may be rounded too, but no schema accepts one.
  if (!Number.isSafeInteger(value)) return false
  return String(Math.abs(value)) !== significant + '0'.repeat(zeros)
}
