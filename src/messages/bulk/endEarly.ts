import { Unavailable } from '../../primitives/unavailable.ts'
import type { Progress } from './acceptPart.ts'
import { outcomeOfAll } from './outcome.ts'
import type { BulkRefusal, BulkRequest, ExplainRefusal } from './types.ts'

export interface EndEarly {
  explain: ExplainRefusal
  /** What a part failed with; nothing of it was changed. */
  error?: unknown
}

/**
 * Ends a bulk of which some parts are decided and the next one could not be.
 * @returns its progress with the rest refused, when nothing would come back for it.
 * @throws the error when nothing was changed, and `bulk_incomplete` when a repeat with its key goes on.
 */
export function endEarly(bulk: BulkRequest, progress: Progress, { explain, error }: EndEarly): Progress {
  if (!progress.isKept) throw error
  if (bulk.keyed) throw bulkIncomplete(error)
  const rest = bulk.parts.slice(progress.outcomes.length)
  const outcomes = rest.map((part) => outcomeOfAll(part, refusalOf(error), explain))
  return { ...progress, outcomes: [...progress.outcomes, ...outcomes] }
}

function refusalOf(error: unknown): BulkRefusal {
  const isLocked = error instanceof Unavailable && error.code === 'account_locked'
  return isLocked ? { kind: 'account_locked' } : { kind: 'unavailable', retryAfterSeconds: 1 }
}

export function bulkIncomplete(cause?: unknown): Unavailable {
  return new Unavailable(
    'bulk_incomplete',
    'It is not known whether all messages were accepted. Repeat the request with the same Idempotency-Key: each is charged once.',
    { cause },
  )
}
