import { z } from 'zod'
import type { Behaviour } from './behaviour.ts'

/** Rates that are meant to sum to 1 may miss it by how fractions are stored. */
const TOLERANCE = 1e-9

/** An empty variable is one that is unset, as a compose file passes it on. */
const rate = z
  .string()
  .refine((text) => text === '' || (/^[0-9]?\.?[0-9]{0,9}$/.test(text) && Number(text) <= 1), {
    message: 'must be a number from 0 to 1',
  })
  .transform((text) => (text === '' ? undefined : Number(text)))
  .optional()

/** Members of the environment. */
export const mockRateSettings = {
  MOCK_SUCCESS_RATE: rate,
  MOCK_TEMP_FAIL_RATE: rate,
  MOCK_PERM_FAIL_RATE: rate,
}

export type MockRates = Partial<Record<keyof typeof mockRateSettings, number | undefined>>

/**
 * The shares of messages that are accepted, put off (a temporary failure) and rejected (a permanent one). They sum to 1:
 * the first of success, temporary and permanent that is unset takes the rest, and what is unset after it is 0. Unset
 * altogether, everything is accepted.
 * @returns what they are for a behaviour, or why they cannot be.
 */
export function behaviourOfRates(
  rates: MockRates,
): Pick<Behaviour, 'rejectRate' | 'unavailableRate'> | { fault: string } {
  const given = [rates.MOCK_SUCCESS_RATE, rates.MOCK_TEMP_FAIL_RATE, rates.MOCK_PERM_FAIL_RATE]
  const sum = given.reduce<number>((total, value) => total + (value ?? 0), 0)
  const isComplete = given.every((value) => value !== undefined)
  if (sum > 1 + TOLERANCE || (isComplete && sum < 1 - TOLERANCE))
    return { fault: `MOCK_SUCCESS_RATE, MOCK_TEMP_FAIL_RATE and MOCK_PERM_FAIL_RATE sum to ${sum}, not to 1` }
  const firstUnset = given.indexOf(undefined)
  const [, unavailableRate = 0, rejectRate = 0] = given.map((value, at) =>
    at === firstUnset ? Math.max(0, 1 - sum) : (value ?? 0),
  )
  return { rejectRate, unavailableRate }
}
