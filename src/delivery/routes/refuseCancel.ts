import { CommitUnknown } from '../../platform/db/index.ts'
import { Problem } from '../../primitives/problem.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import { CancelInterrupted } from '../index.ts'
import type { Cancellation } from '../index.ts'

/** A test key reads live messages; it moves no money. */
export function liveKeyRequired(): Problem {
  return new Problem(403, 'live_key_required', 'A test key cannot cancel messages of live keys.')
}

/** @throws the refusal of what a live key sent, or of what the customer did not send. */
export function assertTest(found: { isTest: boolean } | undefined, notFound: () => Problem): void {
  if (!found) throw notFound()
  if (!found.isTest) throw liveKeyRequired()
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

/** The same for a bulk, of which other messages may have been cancelled before. */
export function bulkCancelUnknown(): Problem {
  return new Problem(
    503,
    'outcome_unknown',
    'Some messages may or may not have been cancelled. Repeat the request: nothing is refunded twice.',
  )
}

/** @throws the refusal where the answer to a COMMIT was lost, or a part took effect. */
export async function orUnknown<T>(cancelling: Promise<T>, unknown: () => Problem): Promise<T> {
  try {
    return await cancelling
  } catch (error) {
    throw error instanceof CommitUnknown || error instanceof CancelInterrupted ? unknown() : error
  }
}

/** Reads what is answered after a cancellation. @throws the refusal when it cannot be read: its own says that nothing was changed. */
export async function orCancelled<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (error) {
    throw error instanceof Unavailable ? cancelUnknown() : error
  }
}
