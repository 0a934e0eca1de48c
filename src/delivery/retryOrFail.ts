import type { Settlement } from './effects.ts'
import type { Task } from './inFlight.ts'
import { UNCONFIRMED_REASON } from './pendingTask.ts'
import type { PendingTask } from './pendingTask.ts'

export interface RetryOrFailOptions {
  /** Operators of the class. */
  operators: number
  isGraceOver: boolean
  /** Until the pace of an operator admits the next call; not above 0 or not finite when that is unknown. */
  readyInMs: number
}

/** Whether the message was retried for longer than the grace. With a grace above 0, a first attempt is never the last. */
export function isGraceOver(
  { retryingMs }: Task,
  { claimedAtMs, unavailableGraceMs }: { claimedAtMs: number; unavailableGraceMs: number },
): boolean {
  if (retryingMs === null) return unavailableGraceMs === 0
  return retryingMs + (performance.now() - claimedAtMs) >= unavailableGraceMs
}

/**
 * Decides for a task that no operator took in this run. It fails when every operator refused it, or when the grace is
 * over and the last answer was specific to it. A customer reads the reason of a failure.
 */
export function retryOrFail(
  { task, attempt, answer, refusals }: PendingTask,
  { operators, isGraceOver, readyInMs }: RetryOrFailOptions,
): Settlement {
  if (refusals >= operators)
    return { kind: 'failed', task, provider: '', reason: 'every operator refused it' }
  if (answer?.isSpecificToMessage && isGraceOver) {
    const reason = task.possiblySent ? UNCONFIRMED_REASON : 'no operator took it'
    return { kind: 'failed', task, provider: '', reason }
  }
  const { result } = answer ?? attempt
  const reason = 'reason' in result ? result.reason : ''
  if (!answer && result.kind === 'throttled')
    return {
      ...{ kind: 'released', task, tried: false, reason },
      ...(readyInMs > 0 && Number.isFinite(readyInMs) && { retryInMs: readyInMs }),
    }
  return { kind: 'released', task, tried: answer !== undefined, reason }
}
