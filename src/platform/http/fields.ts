import { z } from 'zod'
import { findTextFault } from '../../primitives/text.ts'
import { parseWholeNumber } from '../../primitives/wholeNumber.ts'

/**
 * A whole number in a JSON body. JSON's numbers are read as JavaScript's, so that one beyond 2^53-1 has been rounded
 * before anybody could look at it: all of those are refused.
 */
export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return z.int().min(min).max(max)
}

/** A whole number in a query, in plain digits. */
export function wholeNumberInQuery(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return z
    .string()
    .transform((digits, check) => {
      const value = parseWholeNumber(digits)
      if (value !== undefined && value >= min && value <= max) return value
      check.addIssue({ code: 'custom', message: `must be a whole number from ${min} to ${max}` })
      return z.NEVER
    })
    .meta({ override: { type: 'integer', minimum: min, maximum: max } })
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
      description: 'Items a page',
      override: { type: 'integer', minimum: 1, maximum: LIMIT_MAX, default: LIMIT_DEFAULT },
    }),
  cursor: z.string().optional().meta({ description: 'The next_cursor of the page before' }),
}

export const nextCursor = z
  .string()
  .nullable()
  .meta({ description: 'Pass it as cursor to get the next page; null on the last one' })
