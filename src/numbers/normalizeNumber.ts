import parsePhoneNumber from 'libphonenumber-js/min'
import { RECIPIENT_SHAPE } from '../primitives/address.ts'
import { readWriting } from './readWriting.ts'
import type { Region } from './region.ts'

export interface NormalizedNumber {
  kind: 'number'
  /** E.164 with its plus where the number could be read as one of a country, else its ASCII digits. */
  number: string
  /** As the customer wrote it, when that differs. */
  given: string | null
}

export interface NumberFault {
  kind: 'fault'
  /** What the number must be, as a message about the field. */
  fault: string
}

/**
 * Turns every form of a number into one: national, with 00, with +, or with the calling code alone; with separators and
 * in any digits, which stay as they are without a region. Every result has RECIPIENT_SHAPE; whether it is acceptable is
 * the caller's RECIPIENT_PATTERN to decide (decision 0022).
 */
export function normalizeNumber(given: string, region: Region | undefined): NormalizedNumber | NumberFault {
  const digits = readWriting(given)
  if (digits === undefined) {
    return fault('must be a telephone number: digits, optionally after a +, with spaces, dashes or brackets')
  }
  const [number = digits, other] = region === undefined ? [] : readingsOf(digits, region)
  if (other !== undefined) return fault(`must be written with a +: it could be ${number} or ${other}`)
  if (!RECIPIENT_SHAPE.test(number)) return fault('must have 5 to 15 digits')
  return { kind: 'number', number, given: number === given ? null : given }
}

/**
 * The E.164 numbers that the digits can stand for in the region. Programs everywhere write 00 for +, although some
 * countries dial another prefix, which may begin with 00 as well (001 in Hong Kong).
 */
function readingsOf(digits: string, region: Region): string[] {
  const readings = [readIn(region, digits)]
  if (digits.startsWith('00')) readings.push(readIn(region, `+${digits.slice(2)}`))
  return [...new Set(readings.filter((reading) => reading !== undefined))]
}

/**
 * Only possible lengths count: a calling code put before anything else would be a guess. So would a result that reads as
 * yet another number when it comes again, such as one with several zeros after its calling code.
 */
function readIn(region: Region, digits: string): string | undefined {
  const number = parse(region, digits)
  const isStable = number === digits || (number !== undefined && parse(region, number) === number)
  return isStable ? number : undefined
}

function parse(region: Region, digits: string): string | undefined {
  const parsed = parsePhoneNumber(digits, { defaultCountry: region, extract: false })
  return parsed?.isPossible() ? parsed.number : undefined
}

function fault(message: string): NumberFault {
  return { kind: 'fault', fault: message }
}
