import { FAILURE_REASONS } from '../messages/index.ts'
import type { Settlement } from './effects.ts'
import type { Task } from './inFlight.ts'
import type { Held, PendingTask } from './pendingTask.ts'
import { notCalledDelayMs, retryDelayMs } from './retryDelay.ts'
import type { RetryPolicy } from './retryDelay.ts'

export interface RetryOrFailOptions {
  /** Operators of the class. */
  operators: number
  retry: RetryPolicy
  /** From 0 up to 1. One for all tasks of a run, so that the recipients of one message share a row. */
  random: number
  /** Until the pace of an operator admits the next call; not above 0 or not finite when that is unknown. */
  readyInMs: number
  /** One for all tasks of a run, by this process's monotonic clock. */
  nowMs: number
}

/** Whether the attempts of a message are used up with this one. */
export function isLastAttempt({ attempts }: Task, { attemptsMax }: RetryPolicy): boolean {
  return attempts >= attemptsMax
}

/**
 * Decides for a task that no operator took in this run: it fails when every operator refused it, or when its attempts
 * are used up and the last answer was specific to it. A customer reads the reason of a failure.
 */
export function retryOrFail(pending: PendingTask, options: RetryOrFailOptions): Settlement {
  const { task, attempt, answer, refusals, held } = pending
  const { operators, retry, random, readyInMs } = options
  const tried = task.calls.length > 0
  if (held)
    return { kind: 'released', task, tried, reason: HELD_REASON, retryInMs: heldMs(held, pending, options) }
  if (refusals >= operators)
    return { kind: 'failed', task, provider: '', reason: FAILURE_REASONS.refusedByAll }
  if (answer?.isSpecificToMessage && isLastAttempt(task, retry)) {
    const reason = task.possiblySent ? FAILURE_REASONS.unconfirmed : FAILURE_REASONS.notTaken
    return { kind: 'failed', task, provider: '', reason }
  }
  const { result } = answer ?? attempt
  const reason = 'reason' in result ? result.reason : ''
  if (answer)
    return {
      ...{ kind: 'released', task, tried, reason },
      retryInMs: retryDelayMs(task.attempts, retry, random),
    }
  const isPaced = result.kind === 'throttled' && readyInMs > 0 && Number.isFinite(readyInMs)
  return {
    ...{ kind: 'released', task, tried, reason },
    retryInMs: isPaced ? readyInMs : notCalledDelayMs(retry),
  }
}

const HELD_REASON = 'unknown result, which an operator or a receipt decides'

/** What no operator can be asked about waits for a receipt: it is examined again only because operators change. */
function heldMs(
  held: Held,
  { task: { attempts, expiresAtMs }, submittedAtMs }: PendingTask,
  { retry, random, nowMs }: RetryOrFailOptions,
): number {
  if (held === 'asked') return retryDelayMs(attempts, retry, random)
  // As long again as it has waited: an outage may leave many of them.
  const waitedMs = Number.isFinite(submittedAtMs) ? nowMs - submittedAtMs : 0
  if (held === 'not_asked')
    return Math.ceil(Math.min(retry.maxDelayMs, Math.max(notCalledDelayMs(retry), waitedMs)))
  return Math.min(retry.maxDelayMs, Math.max(0, Math.ceil(expiresAtMs - nowMs)))
}
