import { z } from 'zod'
import { findTextFault, formatCount } from '../../primitives/text.ts'
import { parseWholeNumber } from '../../primitives/wholeNumber.ts'

/** A schema's message for a value of another type; a missing value is explained by readInput. */
export function elseSay(message: string): { error: z.core.$ZodErrorMap } {
  return { error: ({ input }) => (input === undefined ? undefined : message) }
}

/**
 * A whole number in a JSON body. JSON's numbers are read as JavaScript's, so one beyond 2^53-1 was already rounded:
 * all of those are refused.
 */
export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  const message = sayRange(min, max)
  return z.int(elseSay(message)).min(min, message).max(max, message)
}

/** A text parameter. One that is given twice is read as an array and refused: each copy could be the one that counts. */
export function textInQuery() {
  return z.string(elseSay('must be given once'))
}

/** A whole number in a query, in plain digits. */
export function wholeNumberInQuery(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return textInQuery()
    .transform((digits, check) => {
      const value = parseWholeNumber(digits)
      if (value !== undefined && value >= min && value <= max) return value
      check.addIssue({ code: 'custom', message: sayRange(min, max) })
      return z.NEVER
    })
    .meta({ override: { type: 'integer', minimum: min, maximum: max } })
}

function sayRange(min: number, max: number): string {
  return `must be a whole number from ${formatCount(min)} to ${formatCount(max)}`
}

/** Text that can be stored and sent as it is; lengths in Unicode code points, which is how JSON Schema counts too. */
export function storableText(codePointsMin: number, codePointsMax: number) {
  return z
    .string()
    .superRefine((text, check) => {
      const fault = findTextFault(text, codePointsMin, codePointsMax)
      if (fault) check.addIssue({ code: 'custom', message: fault })
    })
    .meta({ minLength: codePointsMin, maxLength: codePointsMax })
}

const LIMIT_DEFAULT = 100
/** A page must stay small enough to be one bounded read and one bounded answer. */
const LIMIT_MAX = 1_000

/** The two parameters of every list: how many items a page has, and where the last page ended. */
export const pageFields = {
  limit: wholeNumberInQuery(1, LIMIT_MAX)
    .default(LIMIT_DEFAULT)
    .meta({
      description: 'Page size, in items',
      override: { type: 'integer', minimum: 1, maximum: LIMIT_MAX, default: LIMIT_DEFAULT },
    }),
  cursor: textInQuery().optional().meta({ description: '`next_cursor` of the previous page' }),
}

/** Of a list that old rows are removed from. */
export const historyBeginsAtField = z.iso.datetime().optional().meta({
  description: 'Older ones were removed, in UTC; left out while none were',
})

export const nextCursor = z
  .string()
  .nullable()
  .meta({ description: 'Pass it as `cursor` to get the next page; null on the last page' })

/** Money in an answer. */
export function money(description: string) {
  return z.int().meta({ description: `${description}, in the smallest currency unit` })
}

/** What a column of times holds, and more than a customer needs. */
const TIME_MIN_MS = Date.UTC(2000, 0)
const TIME_MAX_MS = Date.UTC(2200, 0)

/** A time in a request: RFC 3339 with an offset. */
export function timeWithOffset() {
  return z.iso
    .datetime({ offset: true, error: 'must be a time with an offset, such as 2027-01-31T12:00:00Z' })
    .refine((text) => isWithin(Date.parse(text)), 'must be from 2000 to 2199')
}

function isWithin(epochMs: number): boolean {
  return epochMs >= TIME_MIN_MS && epochMs < TIME_MAX_MS
}

/** A time in an answer. */
export function time(description: string) {
  return z.iso.datetime().meta({ description: `${description}, in UTC` })
}
