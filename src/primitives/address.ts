/** A recipient as customers write it: digits, with or without a plus. No one country's plan is enforced. */
export const RECIPIENT_SHAPE = /^\+?[0-9]{5,15}$/

/** Two recipients are equal when their digits are; leading zeros count. */
export function digitsOf(recipient: string): string {
  return recipient.startsWith('+') ? recipient.slice(1) : recipient
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
