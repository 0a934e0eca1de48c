import { countParts } from '../operators/index.ts'
import type { Operator } from '../operators/index.ts'
import type { PendingTask } from './pendingTask.ts'

/** Counted once for each task, and only where an operator has a bound on parts. */
const partsByTask = new WeakMap<PendingTask['task'], number>()

/** @returns the message parts of the tasks together. */
export function partsOf(tasks: readonly PendingTask[]): number {
  let sum = 0
  for (const { task } of tasks) {
    const parts = partsByTask.get(task) ?? countParts(task.text)
    partsByTask.set(task, parts)
    sum += parts
  }
  return sum
}

/** Whether the tasks are too many for one call of the operator, or have too many parts. */
export function isTooLarge(tasks: readonly PendingTask[], { adapter, throughput }: Operator): boolean {
  if (tasks.length > adapter.batchSizeMax) return true
  return throughput !== undefined && tasks.length > 1 && partsOf(tasks) > throughput.partsMax
}

/** Cuts tasks into calls that are as large as the operator takes them. */
export function cutIntoCalls(tasks: readonly PendingTask[], operator: Operator): PendingTask[][] {
  const calls: PendingTask[][] = []
  let call: PendingTask[] = []
  for (const task of tasks) {
    if (call.length > 0 && isTooLarge([...call, task], operator)) {
      calls.push(call)
      call = []
    }
    call.push(task)
  }
  return call.length > 0 ? [...calls, call] : calls
}
