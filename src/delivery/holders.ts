import type { Operator } from '../operators/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { Task } from './inFlight.ts'
import type { PendingTask } from './pendingTask.ts'

/** Whether this operator took parts of the message, so that it can complete it. */
export function isHeldBy(
  { name }: Pick<Operator, 'name'>,
  { partsTaken }: Pick<Task, 'partsTaken'>,
): boolean {
  return partsTaken.has(name)
}

/**
 * Whether a submission to this operator would be a repeat of parts that another one took, and is not marked yet
 * (invariant 4).
 */
export function isUnmarkedRepeat(operator: Pick<Operator, 'name'>, task: Task): boolean {
  return task.partsTaken.size > 0 && !isHeldBy(operator, task) && !task.possibleDuplicate
}

/** Tasks of one run that may go to the same operators, in order. */
export interface HeldGroup {
  operators: readonly Operator[]
  tasks: PendingTask[]
}

/**
 * A message that lacks parts goes to the operator that took the others, as long as that can be called. A normal one waits
 * for it; an express one goes on to the others, which get all of it.
 */
export function groupByHolder(
  type: MessageClass,
  operators: readonly Operator[],
  tasks: PendingTask[],
): HeldGroup[] {
  const holderOf = ({ task }: PendingTask) =>
    task.partsTaken.size === 0
      ? undefined
      : operators.find((each) => isHeldBy(each, task) && each.breaker.isAvailable())
  return [...Map.groupBy(tasks, holderOf)].map(([holder, group]) => {
    if (!holder) return { operators, tasks: group }
    const others = type === 'express' ? operators.filter((each) => each !== holder) : []
    return { operators: [holder, ...others], tasks: group }
  })
}
