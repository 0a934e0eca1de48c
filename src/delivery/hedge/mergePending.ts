import type { PendingTask } from '../pendingTask.ts'

/** The claim counted the first call, and the renewal before the second one counted that. */
const COUNTED = 2

/**
 * What is known of a task after two calls, neither of which decided it. An unknown result goes before any other, because an
 * operator may have it.
 * @param given the task before both.
 */
export function mergePending(
  given: PendingTask,
  first: PendingTask,
  { pending: second, operator }: { pending: PendingTask; operator: string },
): PendingTask {
  const { task } = given
  const isUnknown = (each: PendingTask) => each.attempt.result.kind === 'unknown'
  const shown = isUnknown(second) && !isUnknown(first) ? second : first
  const answer = shown.answer ?? first.answer ?? second.answer
  return {
    ...first,
    attempt: shown.attempt,
    ...(answer && { answer }),
    refusals: first.refusals + second.refusals - given.refusals,
    isCounted: task.possibleDuplicate ? task.unconfirmed < COUNTED : first.isCounted,
    needsMark: isUnknown(first) || isUnknown(second),
    mayBeAt: [...new Set([...first.mayBeAt, ...second.mayBeAt])],
    submittedAtMs: Math.max(first.submittedAtMs, second.submittedAtMs),
    leasedAtMs: Math.max(first.leasedAtMs, second.leasedAtMs),
    ...(second.attempt.called && { hedgedAt: operator }),
  }
}
