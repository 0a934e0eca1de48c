import { createHmac } from 'node:crypto'
import { HASHED_MARK, countryOf } from './countryOf.ts'

/** 78 bits: of a hundred million numbers, two have one hash with a chance of one in 60 million. */
const HASH_CHARS = 13

/**
 * @returns what stands for a number that is not kept, in the 16 characters of a column: its country, for reports, and a keyed
 * hash of its digits. Equal numbers stay equal while the key is the same.
 */
export function hashNumber(recipient: string, key: string): string {
  const digits = recipient.replace('+', '')
  const hash = createHmac('sha256', key).update(digits).digest('base64url').slice(0, HASH_CHARS)
  return HASHED_MARK + countryOf(recipient) + hash
}
