/** Fields that hold what a customer says and to whom. They never reach a log, at any level. */
export const PRIVATE_FIELDS: ReadonlySet<string> = new Set(['text', 'recipient', 'recipients', 'to'])

/** Fields that name one thing exactly: hiding digits in them would make a log line impossible to find. */
export const IDENTIFIER_FIELDS: ReadonlySet<string> = new Set([
  'request_id',
  'sms_identifier',
  'transaction_id',
  'outbox_id',
  'reference',
  'trace_id',
  'span_id',
])

const KEPT_AT_START = 4
const KEPT_AT_END = 3
/** Shorter runs of digits are ports, error numbers and durations more often than telephone numbers. */
const DIGITS_MIN = 8

/** @returns the number with its middle hidden: `0912****834`. Short ones are hidden whole. */
export function maskNumber(number: string): string {
  if (number.length <= KEPT_AT_START + KEPT_AT_END) return '****'
  return `${number.slice(0, KEPT_AT_START)}****${number.slice(-KEPT_AT_END)}`
}

const UUID_OR_NUMBER = new RegExp(
  `[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\\+?[0-9]{${DIGITS_MIN},}`,
  'gi',
)

/**
 * Hides whatever looks like a telephone number inside a longer text, except in UUIDs, some of which contain such runs.
 * A database or an operator may quote one in an error message, which no rule about field names would catch.
 */
export function maskNumbersIn(text: string): string {
  return text.replace(UUID_OR_NUMBER, (found) => (found.includes('-') ? found : maskNumber(found)))
}
