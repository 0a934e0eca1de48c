import { FAILURE_REASONS } from '../messages/index.ts'
import type { Settlement } from './effects.ts'
import type { PendingTask } from './pendingTask.ts'

/**
 * Fails tasks whose time is over, before a submission. One that an operator may have keeps its mark. @returns the others.
 */
export function withoutExpired(
  tasks: PendingTask[],
  onResults: (settlements: Settlement[]) => void,
): PendingTask[] {
  const nowMs = performance.now()
  const isExpired = ({ task }: PendingTask) => task.expiresAtMs <= nowMs
  const expired = tasks.filter(isExpired)
  if (expired.length === 0) return tasks
  onResults(
    expired.map(({ task }) => ({ kind: 'failed', task, provider: '', reason: expiredReasonOf(task) })),
  )
  return tasks.filter((each) => !isExpired(each))
}

/** Of a recipient whose time is over. */
export function expiredReasonOf({ possiblySent }: { possiblySent: boolean }): string {
  return possiblySent ? FAILURE_REASONS.expiredUnconfirmed : FAILURE_REASONS.expired
}
