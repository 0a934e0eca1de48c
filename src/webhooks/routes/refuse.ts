import type { Refusal } from '../../platform/http/index.ts'
import type { Access } from '../../primitives/access.ts'
import { Problem } from '../../primitives/problem.ts'
import { ENDPOINTS_MAX } from '../index.ts'

export { CHANGE, orUnknown } from '../../platform/http/index.ts'

export function liveKeyRequired(): Problem {
  return new Problem(403, 'live_key_required', 'A test key cannot change where events go.')
}

/** What is sent to endpoints tells of live messages too. @throws Problem 403 `live_key_required`. */
export function requireLiveKey({ isTest }: Access): void {
  if (isTest) throw liveKeyRequired()
}

export const LIVE_KEY: Refusal[] = [{ when: 'a test key asks for a change', example: liveKeyRequired() }]

/** Also the answer for another customer's endpoint, and for a malformed identifier. */
export function endpointNotFound(): Problem {
  return new Problem(404, 'webhook_not_found', 'There is no such endpoint.')
}

export function tooManyEndpoints(): Problem {
  return new Problem(
    409,
    'too_many_webhooks',
    `The customer has ${ENDPOINTS_MAX} endpoints. Delete one first.`,
  )
}

export const ENDPOINT: Refusal[] = [{ when: 'there is no such endpoint', example: endpointNotFound() }]
export const NEW_ENDPOINT: Refusal[] = [
  { when: `the customer has ${ENDPOINTS_MAX} endpoints`, example: tooManyEndpoints() },
]
