import { attempt } from '../operators/index.ts'
import type { Operator, Turn } from '../operators/index.ts'
import type { Permit } from '../platform/semaphore.ts'
import { noteCall } from './attemptLog.ts'
import type { Settlement } from './effects.ts'
import type { FailoverRun } from './failoverRun.ts'
import type { Submitted } from './hedge/race.ts'
import { isUnmarkedRepeat } from './holders.ts'
import { ATTEMPT_TIMEOUT_MS, leavesRoom } from './lease.ts'
import { noteHealth } from './noteHealth.ts'
import { abandoned, applyAttempt, throttled } from './pendingTask.ts'
import type { PendingTask } from './pendingTask.ts'
import { renewLease } from './renewLease.ts'
import { toSubmission } from './toSubmission.ts'
import { withoutExpired } from './withoutExpired.ts'

/**
 * Waits for the operator's turn and for a permit among all calls of the class, then checks pace and lease. On stop, tasks
 * that wait for a permit are abandoned, because they might outlast shutdown.
 */
export async function submitInTurn(
  run: FailoverRun,
  operator: Operator,
  tasks: PendingTask[],
  waiting?: Promise<Turn | undefined>,
): Promise<Submitted> {
  const turn = await waiting
  if (waiting && !turn) return { undecided: tasks.map(throttled), notSubmitted: [] }
  let permit: Permit
  try {
    permit = await run.calls.acquire(1, run.stopping)
  } catch {
    return { undecided: [], notSubmitted: tasks.map(abandoned) }
  }
  const mustWait = () => {
    const nowMs = performance.now()
    const isOver = turn !== undefined && turn.expiresAtMs < nowMs
    return isOver || operator.pace.readyAtMs() > nowMs || run.hasBetterOperator?.()
  }
  const onlyWanted = (all: PendingTask[]) => (run.isWanted ? all.filter(run.isWanted) : all)
  try {
    // What would not be sent is not marked as a possible duplicate either. The marks take time, so all is examined again.
    const wanted = onlyWanted(tasks)
    if (mustWait()) return { undecided: wanted.map(throttled), notSubmitted: [] }
    const { undecided: ready, notSubmitted } = await prepare(run, operator, wanted)
    if (mustWait()) return { undecided: ready.map(throttled), notSubmitted }
    const submitted = onlyWanted(withoutExpired(ready, run.onResults))
    run.onCalling?.(permit)
    return { undecided: await submitOnce(run, operator, submitted), notSubmitted }
  } finally {
    permit.release()
  }
}

const MARKED = { possibleDuplicate: true, possiblySent: true }

/** Renews the lease of tasks before a submission that is not counted or not marked yet, or when the lease leaves no room for it. */
async function prepare(run: FailoverRun, operator: Operator, tasks: PendingTask[]): Promise<Submitted> {
  const isRepeat = ({ task, needsMark }: PendingTask) => needsMark || isUnmarkedRepeat(operator, task)
  const isReady = (each: PendingTask) =>
    each.isCounted && !isRepeat(each) && leavesRoom(each.leasedAtMs, performance.now())
  if (tasks.every(isReady)) return { undecided: tasks, notSubmitted: [] }
  const askedAtMs = performance.now()
  try {
    const renewals = tasks.map((each) => {
      return { task: each.task, isRepeat: isRepeat(each), isFurther: !each.isCounted }
    })
    const { ours, newlyMarked } = await renewLease(run.db, renewals, run.inFlight)
    if (newlyMarked > 0) run.events.possibleDuplicates({ type: run.type, messages: newlyMarked })
    const [kept, lost] = [
      tasks.filter(({ task }) => ours.has(task.reference)),
      tasks.filter(({ task }) => !ours.has(task.reference)),
    ]
    for (const { task } of lost) run.inFlight.unsettled.delete(task.reference)
    if (lost.length > 0) run.inFlight.hasOthers = true
    for (const { task } of kept.filter(isRepeat)) Object.assign(task, MARKED)
    const renewed = kept.map((each) => ({
      ...{ ...each, isCounted: true, needsMark: false, leasedAtMs: askedAtMs },
    }))
    if (!leavesRoom(askedAtMs, performance.now()))
      return { undecided: [], notSubmitted: renewed.map(abandoned) }
    return { undecided: renewed, notSubmitted: [] }
  } catch (error) {
    run.events.deliveryFailed({ type: run.type, step: 'renew', error })
    return { undecided: [], notSubmitted: tasks.map(abandoned) }
  }
}

/** One call of one operator, or one and its halves. Hands on the final results. @returns the tasks without one. */
async function submitOnce(
  run: FailoverRun,
  operator: Operator,
  tasks: PendingTask[],
): Promise<PendingTask[]> {
  if (tasks.length === 0) return []
  const batch = tasks.map(({ task }) => toSubmission(task, operator))
  const again = tasks.filter(({ task }) => task.possibleDuplicate).length
  if (again > 0) run.events.submittedAgain({ type: run.type, operator: operator.name, messages: again })
  if (run.isHedge) run.events.hedged({ result: 'sent', messages: tasks.length, operator: operator.name })
  const startedAtMs = performance.now()
  const ended = run.hedging?.latencies.begin(operator.name)
  const attempts = await attempt(operator, batch, {
    timeoutMs: ATTEMPT_TIMEOUT_MS,
    events: run.operatorEvents,
    traced: tasks.map(({ task }) => task),
  })
  ended?.()
  noteHealth(run, operator, tasks, attempts, startedAtMs)
  const undecided: PendingTask[] = []
  const settlements: Settlement[] = []
  tasks.forEach((pending, position) => {
    const result = attempts[position]
    if (result)
      noteCall(pending.task, result, {
        ...{ provider: operator.name, routeReason: run.routeReason, startedAtMs },
        ...(run.isHedge && { isHedge: true }),
      })
    const next = result ? applyAttempt(pending, result, operator) : pending
    if ('kind' in next) settlements.push(next)
    else undecided.push(next)
  })
  if (settlements.length > 0) run.onResults(settlements)
  return undecided
}
