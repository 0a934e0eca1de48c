import parsePhoneNumber, { getCountries, getCountryCallingCode } from 'libphonenumber-js/min'
import type { CountryCode } from 'libphonenumber-js/min'

/** Begins what stands for a number that is not kept, and is followed by its country. */
export const HASHED_MARK = 'h'

/** What ISO 3166 leaves for a country that is not known. */
export const NO_COUNTRY = 'ZZ'

const COUNTRIES_OF = Map.groupBy(getCountries(), (country) => getCountryCallingCode(country))
const CALLING_CODE_DIGITS_MAX = 3
/** As many as tell the countries of one calling code apart: of +44 7911 1 they are four of the nation's. */
const DIGITS_READ = 8
/** Of shared calling codes, 20 bytes each; then they are read anew. Reading a number takes 7 to 30 µs. */
const KNOWN_MAX = 50_000

const known = new Map<string, CountryCode | typeof NO_COUNTRY>()

/**
 * @returns the country of a recipient's number, as two capitals of ISO 3166-1, or ZZ. Only a number with a plus, or its hash, names one.
 * The same number has the same country in every process: its first digits and its length decide.
 */
export function countryOf(recipient: string): CountryCode | typeof NO_COUNTRY {
  if (recipient.startsWith(HASHED_MARK)) return recipient.slice(1, 3) as CountryCode
  if (!recipient.startsWith('+')) return NO_COUNTRY
  for (let digits = 1; digits <= CALLING_CODE_DIGITS_MAX; digits++) {
    const [only, other] = COUNTRIES_OF.get(recipient.slice(1, 1 + digits)) ?? []
    if (only) return other ? readCountry(recipient) : only
  }
  return NO_COUNTRY
}

function readCountry(recipient: string): CountryCode | typeof NO_COUNTRY {
  const number = recipient.slice(0, 1 + DIGITS_READ).padEnd(recipient.length, '0')
  const found = known.get(number)
  if (found) return found
  const country = parsePhoneNumber(number)?.country ?? NO_COUNTRY
  if (known.size >= KNOWN_MAX) known.clear()
  known.set(number, country)
  return country
}
