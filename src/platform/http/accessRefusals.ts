import type { Scope } from '../../primitives/access.ts'
import { Problem } from '../../primitives/problem.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import { toProblem } from './problems.ts'
import type { Refusal } from './refusals.ts'
import type { RouteAccess } from './route.ts'

export function keyRequired(): Problem {
  return new Problem(401, 'key_required', 'An API key is required, as X-API-Key or Authorization: Bearer.', {
    headers: { 'WWW-Authenticate': 'Bearer' },
  })
}

/** One answer for every reason, so that it says nothing about a key that is not the caller's. */
export function invalidKey(): Problem {
  return new Problem(401, 'invalid_key', 'The API key is unknown, expired or revoked.', {
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
  })
}

export function missingScope(scope: Scope): Problem {
  return new Problem(403, 'missing_scope', `The API key lacks the scope ${scope}.`)
}

/** Said to a customer's key alone. To know that there is no admin key does not help to guess one. */
export function adminKeyRequired({ isSet = true } = {}): Problem {
  const none = isSet ? '' : ' None is set (ADMIN_API_KEY).'
  return new Problem(403, 'admin_key_required', `Only the admin key may do this.${none}`)
}

export function customerKeyRequired(): Problem {
  return new Problem(
    403,
    'customer_key_required',
    'This acts for the customer of an API key, and the admin key has none.',
  )
}

export function addressNotAllowed(): Problem {
  return new Problem(403, 'address_not_allowed', 'The API key may not be used from this address.')
}

export function testKeysNotServed(): Problem {
  return new Problem(403, 'test_keys_not_served', 'Test keys are not served here: there is no test operator.')
}

export function tooManyWrongKeys(waitSeconds: number): Problem {
  return new Problem(429, 'too_many_wrong_keys', 'Too many wrong API keys came from this address.', {
    headers: { 'Retry-After': String(Math.max(1, waitSeconds)) },
  })
}

/** `limits`: header fields that say how much is left and when. */
export function tooManyRequests(waitSeconds: number, limits: Record<string, string> = {}): Problem {
  return new Problem(
    429,
    'too_many_requests',
    'More requests than your limit admits now. Nothing was changed.',
    {
      headers: { 'Retry-After': String(waitSeconds), ...limits },
    },
  )
}

export function accessUnavailable(): Unavailable {
  return new Unavailable(
    'access_unavailable',
    'API keys cannot be checked at the moment. Nothing was changed.',
  )
}

const OF_ANY_KEY: Refusal[] = [
  { when: 'no key was given where one is required', example: keyRequired() },
  { when: 'the key is unknown, expired or revoked', example: invalidKey() },
  { when: 'the address sent too many wrong keys', example: tooManyWrongKeys(2) },
  { when: 'keys cannot be checked at the moment', example: toProblem(accessUnavailable()) },
]

/** Of a route that takes a key: the refusals that its access may lead to. */
export function ofAccess(access: Exclude<RouteAccess, 'public'>): Refusal[] {
  if (access === 'admin')
    return [...OF_ANY_KEY, { when: 'the key is not the admin key', example: adminKeyRequired() }]
  return [
    ...OF_ANY_KEY,
    { when: `the key lacks the scope \`${access}\``, example: missingScope(access) },
    { when: 'the key is the admin key', example: customerKeyRequired() },
    { when: "the request comes from none of the key's allowed addresses", example: addressNotAllowed() },
    { when: "the customer's limit of requests is used up", example: tooManyRequests(1) },
    { when: 'it is a test key, and there is no test operator', example: testKeysNotServed() },
  ]
}
