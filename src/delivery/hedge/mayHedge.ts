import type { Task } from '../inFlight.ts'
import type { PendingTask } from '../pendingTask.ts'

/**
 * Whether a message may be sent to a second operator while the first has not answered: the one exception to invariant 4. Only
 * of a customer that opted in, once, and not while an operator may have it already or where that must not be repeated.
 */
export function mayHedge({ task, mayBeAt }: PendingTask): boolean {
  return task.hedge && isFresh(task) && mayBeAt.length === 0
}

function isFresh({ doubt, onUnknown, possiblySent, partsTaken, unconfirmed, guaranteedByMs }: Task): boolean {
  if (onUnknown === 'hold' || doubt !== null) return false
  return !possiblySent && partsTaken.size === 0 && unconfirmed === 0 && Number.isFinite(guaranteedByMs)
}
