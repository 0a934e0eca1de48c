/** A recipient as customers write it: digits, with or without a plus. No one country's plan is enforced. */
export const RECIPIENT_SHAPE = /^\+?[0-9]{5,15}$/

/** Two recipients are equal when their digits are; leading zeros count. */
export function digitsOf(recipient: string): string {
  return recipient.startsWith('+') ? recipient.slice(1) : recipient
}

/**
 * What prefixes are compared with: no calling code begins with 0, and operators take 00 for a plus, so a destination
 * stays the same in that writing. A national number has no calling code to go by; DEFAULT_REGION gives it one before.
 */
export function destinationOf(recipient: string): string {
  const digits = digitsOf(recipient)
  return digits.startsWith('00') ? digits.slice(2) : digits
}

/** @returns the recipients as given, without those equal to an earlier one. */
export function withoutEqual(recipients: string[]): string[] {
  const seen = new Set<string>()
  return recipients.filter((recipient) => {
    const digits = digitsOf(recipient)
    if (seen.has(digits)) return false
    seen.add(digits)
    return true
  })
}
