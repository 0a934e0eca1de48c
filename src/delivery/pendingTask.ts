import type { Attempt } from '../operators/index.ts'
import type { Accepted, Settlement } from './effects.ts'
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
  /** The next submission is counted as unconfirmed already. */
  isCounted: boolean
  /** It has to be marked as a possible duplicate before its next submission. */
  needsMark: boolean
  /** Operators that may have it; ANY_OPERATOR where that is not known. */
  mayBeAt: readonly string[]
  /** When it was last submitted to one of them. */
  submittedAtMs: number
  /** The one operator that it may be submitted to again; left out for any. */
  onlyAt?: string
  /** It is not submitted any more in this run, whether or not an operator can be asked about it. */
  held?: Held
  /** The operator that got it beside another one in this run. */
  hedgedAt?: string
  /** When the database was last asked for the task's lease. */
  leasedAtMs: number
}

/**
 * - asked: an operator that may have it does not know. It is asked again later.
 * - not_asked: none could be asked just now.
 * - silent: none of them can be asked at all.
 */
export type Held = 'asked' | 'not_asked' | 'silent'

/** A run that ended without a result may have submitted it to any operator of its route. */
export const ANY_OPERATOR = ''

const NOT_CALLED: Attempt = {
  result: { kind: 'unavailable', reason: 'no operator of its route could be called' },
  called: false,
  isSpecificToMessage: false,
}
const THROTTLED: Attempt = {
  result: { kind: 'throttled', reason: 'every operator is throttled', retryAfterMs: null },
  called: false,
  isSpecificToMessage: false,
}

/** A claim counts the first submission of a message, unless an operator may have all of it already. */
export function toPending(task: Task, leasedAtMs: number): PendingTask {
  return {
    ...{ task, attempt: NOT_CALLED, refusals: 0, isCounted: task.doubt === null, leasedAtMs },
    ...{ needsMark: task.possiblySent && !isMerelyIncomplete(task), mayBeAt: [], submittedAtMs: -Infinity },
  }
}

/** An operator has parts of it, and of the others it is known that none was taken: they are no repeats there. */
function isMerelyIncomplete({ partsTaken, doubt, possibleDuplicate }: Task): boolean {
  return partsTaken.size > 0 && doubt === null && !possibleDuplicate
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
  operator: Accepted['operator'],
): Settlement | PendingTask {
  const { task } = pending
  const { result } = attempt
  if (result.kind !== 'accepted' && result.partIds) {
    task.possiblySent = true
    task.partsTaken = new Map([...task.partsTaken, [operator.name, result.partIds]])
  }
  switch (result.kind) {
    case 'accepted': {
      const { operatorMessageId, partIds } = result
      return { kind: 'done', task, operator, operatorMessageId, ...(partIds && { partIds }) }
    }
    case 'rejected':
      return { kind: 'failed', task, provider: operator.name, reason: result.reason }
    case 'unknown':
      task.possiblySent = true
      task.unconfirmed++
      return {
        ...{ ...pending, attempt, answer: attempt, isCounted: false, needsMark: true },
        mayBeAt: [...new Set([...pending.mayBeAt, operator.name])],
        submittedAtMs: performance.now(),
      }
    case 'throttled':
      return { ...pending, attempt }
    case 'refused':
      return { ...pending, attempt, answer: attempt, refusals: pending.refusals + 1 }
    case 'unavailable':
      return { ...pending, attempt, ...(attempt.called && { answer: attempt }) }
  }
}

/** Every operator that may have had it says that it did not take it: all is as if that had never been submitted. */
export function notTaken(pending: PendingTask): PendingTask {
  const { task } = pending
  // What was once marked as a duplicate stays so, and parts that were taken stay there.
  task.possiblySent = task.possibleDuplicate || task.partsTaken.size > 0
  task.unconfirmed = 0
  const { refusals, leasedAtMs, submittedAtMs } = pending
  return {
    ...{ task, attempt: ASKED, refusals, leasedAtMs, submittedAtMs },
    ...{ isCounted: true, needsMark: false, mayBeAt: [] },
  }
}

const ASKED: Attempt = {
  result: { kind: 'unavailable', reason: 'asked: it does not have the message' },
  called: true,
  isSpecificToMessage: true,
}
