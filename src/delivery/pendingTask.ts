import type { Attempt } from '../operators/index.ts'
import type { Settlement } from './effects.ts'
import type { Task } from './inFlight.ts'

/** A task without a final result, and what is known of it in this run. */
export interface PendingTask {
  task: Task
  /** The latest attempt, which may not have called the operator. */
  attempt: Attempt
  /** The latest call that said something about the message. Throttling does not. */
  answer?: Attempt
  /** Operators that refused a call of this message alone. */
  refusals: number
  /** The next submission is counted as unconfirmed already, and marked if it could be a repeat. */
  isCounted: boolean
  /** When the database was last asked for the task's lease. */
  leasedAtMs: number
}

const NOT_CALLED: Attempt = {
  result: { kind: 'unavailable', reason: 'every circuit breaker is open' },
  called: false,
  isSpecificToMessage: false,
}
const THROTTLED: Attempt = {
  result: { kind: 'throttled', reason: 'every operator is throttled', retryAfterMs: null },
  called: false,
  isSpecificToMessage: false,
}
export const UNCONFIRMED_REASON = 'no operator confirmed it'

/** A claim counts the first submission. */
export function toPending(task: Task, leasedAtMs: number): PendingTask {
  return { task, attempt: NOT_CALLED, refusals: 0, isCounted: true, leasedAtMs }
}

export function notCalled(pending: PendingTask): PendingTask {
  return { ...pending, attempt: NOT_CALLED }
}

export function throttled(pending: PendingTask): PendingTask {
  return { ...pending, attempt: THROTTLED }
}

/** Discards earlier operators' results, because an operator that was not asked might still accept. */
export function abandoned(pending: PendingTask): PendingTask {
  const { answer } = pending
  return {
    ...notCalled(pending),
    ...(answer && { answer: { ...answer, isSpecificToMessage: false } }),
  }
}

/** @returns the settlement that an attempt decides, or what is known without one. Counts an unknown result. */
export function applyAttempt(
  pending: PendingTask,
  attempt: Attempt,
  { operator, unknownSubmissionsMax }: { operator: DoneBy; unknownSubmissionsMax: number },
): Settlement | PendingTask {
  const { task } = pending
  const { result } = attempt
  switch (result.kind) {
    case 'accepted':
      return { kind: 'done', task, operator, operatorMessageId: result.operatorMessageId }
    case 'rejected':
      return { kind: 'failed', task, provider: operator.name, reason: result.reason }
    case 'unknown':
      task.possiblySent = true
      task.unconfirmed++
      if (task.unconfirmed >= unknownSubmissionsMax)
        return { kind: 'failed', task, provider: '', reason: UNCONFIRMED_REASON }
      return { ...pending, attempt, answer: attempt, isCounted: false }
    case 'throttled':
      return { ...pending, attempt }
    case 'refused':
      return { ...pending, attempt, answer: attempt, refusals: pending.refusals + 1 }
    case 'unavailable':
      return { ...pending, attempt, ...(attempt.called && { answer: attempt }) }
  }
}

type DoneBy = (Settlement & { kind: 'done' })['operator']
