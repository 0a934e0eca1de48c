/**
 * @returns the whole number that a query parameter writes in plain digits, or undefined. Signs, leading zeros,
 * fractions, exponents and whatever a JavaScript number does not hold exactly are refused: an identifier that was
 * rounded would name another customer.
 */
export function parseWholeNumber(text: string): number | undefined {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}
