import { Problem } from '../primitives/problem.ts'

/** Also the answer for another customer's message, and for a malformed identifier. */
export function messageNotFound(): Problem {
  return new Problem(404, 'message_not_found', 'There is no such message.')
}
