import type { Refusal } from '../../platform/http/index.ts'
import { Problem } from '../../primitives/problem.ts'
import { TARIFFS_MAX } from '../../tariffs/index.ts'
import { customerNotFound, KEYS_MAX } from '../index.ts'

export { CHANGE, orUnknown } from '../../platform/http/index.ts'

export { customerNotFound }

/** Also the answer for another customer's key, and for a malformed identifier. */
export function keyNotFound(): Problem {
  return new Problem(404, 'key_not_found', 'There is no such key.')
}

export function customerExists(): Problem {
  return new Problem(409, 'customer_exists', 'This user_id has a customer already. Nothing was changed.')
}

export function tooManyKeys(): Problem {
  return new Problem(409, 'too_many_keys', `The customer has ${KEYS_MAX} keys. Revoke one first.`)
}

export function liveKeyRequired(): Problem {
  return new Problem(403, 'live_key_required', 'A test key cannot create live keys.')
}

export function tariffNotFound(): Problem {
  return new Problem(404, 'tariff_not_found', 'There is no such tariff.')
}

export function operatorNotFound(): Problem {
  return new Problem(404, 'operator_not_found', 'No consumer is configured with such an operator.')
}

export function tariffEnded(validUntil: string): Problem {
  const detail = `The tariff ends at ${validUntil}, and an end is not put back. Create another one.`
  return new Problem(409, 'tariff_ended', detail, { members: { valid_until: validUntil } })
}

export function tooManyTariffs(): Problem {
  return new Problem(409, 'too_many_tariffs', `${TARIFFS_MAX} tariffs have not ended. End some first.`)
}

export const CUSTOMER: Refusal[] = [{ when: 'there is no such customer', example: customerNotFound() }]
export const KEY: Refusal[] = [{ when: 'there is no such key', example: keyNotFound() }]
export const NEW_KEY: Refusal[] = [
  { when: `the customer has ${KEYS_MAX} keys that are not revoked`, example: tooManyKeys() },
]
