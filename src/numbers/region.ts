import { getCountries } from 'libphonenumber-js/min'
import type { CountryCode } from 'libphonenumber-js/min'
import { z } from 'zod'

/** A country whose numbers may be written without its calling code: two capitals of ISO 3166-1, such as IR. */
export type Region = CountryCode

const REGIONS: ReadonlySet<string> = new Set(getCountries())

export function isRegion(text: string): text is Region {
  return REGIONS.has(text)
}

/** A region as a setting. */
export function regionText() {
  return z.string().transform((text, check) => {
    if (isRegion(text)) return text
    check.addIssue({
      code: 'custom',
      message: `must be a country in two capital letters, such as IR, is "${text}"`,
    })
    return z.NEVER
  })
}
