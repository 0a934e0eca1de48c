import { setTimeout as pause } from 'node:timers/promises'
import type { Operator, Turn } from '../operators/index.ts'
import { isTooLarge, partsOf } from './calls.ts'
import { leavesRoom, roomMs } from './lease.ts'
import { abandoned, notCalled, throttled } from './pendingTask.ts'
import type { PendingTask } from './pendingTask.ts'

/** An operator that may still be asked, and how often. */
export interface Candidate {
  operator: Operator
  submissionsLeft: number
  /** When it may be asked again after it throttled. */
  notBeforeMs: number
}

/** What a run says of the time that it has. */
export interface ChoosingRun {
  /** When the claim was asked for. */
  claimedAtMs: number
  /** Ends the wait for an operator. */
  stopping?: AbortSignal
}

/** The operator to ask next. */
export interface Choice {
  candidate: Candidate
  /** Of an operator with a bound on its throughput; undefined when it did not come. */
  turn?: Promise<Turn | undefined>
}

/** What is done with each task when none can be asked. */
export type WithoutChoice = (pending: PendingTask) => PendingTask

/**
 * Chooses the first operator whose breaker and pace admit a call. If only the pace does not, waits for it within the
 * lease, without occupying a permit.
 */
export async function chooseCandidate(
  run: ChoosingRun,
  candidates: Candidate[],
  tasks: PendingTask[],
): Promise<Choice | WithoutChoice> {
  for (;;) {
    const nowMs = performance.now()
    const ready = findReady(candidates, nowMs)
    if (ready) return { candidate: ready, ...queueFor(run, ready.operator, tasks) }
    const admitting = candidates.filter(({ operator }) => operator.breaker.isAdmitting())
    if (admitting.length === 0) return notCalled
    const { candidate, readyAtMs } = admitting
      .map((each) => ({ candidate: each, readyAtMs: readyAtMsOf(each) }))
      .reduce((first, next) => (next.readyAtMs < first.readyAtMs ? next : first))
    if (!leavesRoom(run.claimedAtMs, readyAtMs)) return throttled
    // Its queue is fair: a call that only looks again later may find it full each time.
    if (candidate.operator.throughput && paceReadyAtMsOf(candidate) <= nowMs)
      return { candidate, ...queueFor(run, candidate.operator, tasks) }
    try {
      await pause(Math.max(1, readyAtMs - nowMs), undefined, run.stopping && { signal: run.stopping })
    } catch {
      return abandoned
    }
  }
}

/** @returns the first operator whose breaker and pace admit a call now. */
export function findReady(candidates: Candidate[], nowMs: number): Candidate | undefined {
  return candidates.find((each) => each.operator.breaker.isAdmitting() && readyAtMsOf(each) <= nowMs)
}

function readyAtMsOf(candidate: Candidate): number {
  return Math.max(paceReadyAtMsOf(candidate), candidate.operator.throughput?.readyAtMs() ?? -Infinity)
}

function paceReadyAtMsOf({ operator: { pace }, notBeforeMs }: Candidate): number {
  return Math.max(notBeforeMs, pace.readyAtMs())
}

/** At once when an operator is chosen, so that the next choice sees how long its queue is. */
export function queueFor(run: ChoosingRun, operator: Operator, tasks: PendingTask[]): Pick<Choice, 'turn'> {
  if (!operator.throughput || isTooLarge(tasks, operator)) return {}
  const waitMaxMs = roomMs(run.claimedAtMs, performance.now())
  return { turn: operator.throughput.acquire(partsOf(tasks), waitMaxMs, run.stopping) }
}
