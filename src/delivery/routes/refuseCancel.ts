import { Problem } from '../../primitives/problem.ts'
import type { Cancellation } from '../index.ts'

/** Reads of a test key show live messages; it moves no money. */
export function liveKeyRequired(): Problem {
  return new Problem(403, 'live_key_required', 'A test key cannot cancel messages of live keys.')
}

/** @returns why nothing of the message is cancelled. */
export function notCancellable({ pending, sending, done }: Cancellation['counts']): Problem {
  return new Problem(409, 'not_cancellable', `${reasonOf()} Nothing was changed.`)

  function reasonOf(): string {
    if (sending > 0) return 'It is being sent.'
    if (pending > 0) return 'An operator may have it already.'
    return done > 0 ? 'It was sent.' : 'It failed, and was refunded.'
  }
}

/** A repeat is safe, because each recipient is refunded once. */
export function cancelUnknown(): Problem {
  return new Problem(
    503,
    'outcome_unknown',
    'The message may or may not have been cancelled. Repeat the request: nothing is refunded twice.',
  )
}
