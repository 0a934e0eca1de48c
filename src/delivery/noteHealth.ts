import type { Attempt, HealthFollower, Operator } from '../operators/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { PendingTask } from './pendingTask.ts'

/** What counts how operators do; null for test messages. */
export type CallHealth = Pick<HealthFollower, 'noteCall' | 'isFollowed'> | null

/** Counts what one attempt says of the operator, by the numbers of its messages. */
export function noteHealth(
  { health, type }: { health?: CallHealth | undefined; type: MessageClass },
  { name }: Operator,
  tasks: readonly PendingTask[],
  attempts: readonly Attempt[],
  startedAtMs: number,
): void {
  if (!health?.isFollowed()) return
  const called = tasks.flatMap(({ task }, position) => {
    const attempt = attempts[position]
    return attempt?.called ? [{ to: task.recipient, result: attempt.result.kind }] : []
  })
  health.noteCall(name, type, {
    to: called.map(({ to }) => to),
    results: called.map(({ result }) => result),
    durationMs: performance.now() - startedAtMs,
  })
}
