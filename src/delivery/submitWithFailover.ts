import { setTimeout as pause } from 'node:timers/promises'
import { attempt } from '../operators/index.ts'
import type { Operator, OperatorEvents, OperatorResult } from '../operators/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { Permit, Semaphore } from '../platform/semaphore.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { Settlement } from './effects.ts'
import type { DeliveryEvents } from './events.ts'
import type { InFlight } from './inFlight.ts'
import { ATTEMPT_TIMEOUT_MS, leavesRoom } from './lease.ts'
import { abandoned, applyAttempt, notCalled, throttled } from './pendingTask.ts'
import type { PendingTask } from './pendingTask.ts'
import { renewLease } from './renewLease.ts'

/** One run of an envelope, as far as submitting to operators goes. */
export interface FailoverRun {
  db: Db
  type: MessageClass
  inFlight: InFlight
  operators: readonly Operator[]
  /** All calls of the class at once. */
  calls: Semaphore
  /** When the claim was asked for. */
  claimedAtMs: number
  /** Submissions of one message with an unknown result, over all runs. */
  unknownSubmissionsMax: number
  events: DeliveryEvents
  operatorEvents: OperatorEvents
  /** Called with final results at once, while the failover of other messages goes on. */
  onResults: (settlements: Settlement[]) => void
  /** Calls that have not begun when it is aborted are not made. */
  stopping?: AbortSignal
}

/** An operator that may still be asked, and how often. */
interface Candidate {
  operator: Operator
  submissionsLeft: number
  /** When it may be asked again after it throttled. */
  notBeforeMs: number
}

/** An operator that deduplicates references can be asked again after an unknown result. Express has no time for that. */
const SUBMISSIONS_PER_OPERATOR_MAX = { normal: 2, express: 1 }

/** An operator that throttled a call is not asked again at once, even if its pace has no limit for this class. */
const THROTTLED_PAUSE_MS = 50

/** Submits tasks to each operator in turn until one decides them. @returns those without a final result. */
export function submitWithFailover(run: FailoverRun, tasks: PendingTask[]): Promise<PendingTask[]> {
  const candidates = run.operators.map((operator) => ({
    operator,
    submissionsLeft: operator.deduplicatesReferences ? SUBMISSIONS_PER_OPERATOR_MAX[run.type] : 1,
    notBeforeMs: -Infinity,
  }))
  return submitToCandidates(run, tasks, candidates)
}

async function submitToCandidates(
  run: FailoverRun,
  tasks: PendingTask[],
  candidates: Candidate[],
): Promise<PendingTask[]> {
  if (tasks.length === 0 || candidates.length === 0) return tasks
  const choice = await chooseCandidate(run, candidates)
  if (typeof choice === 'function') return tasks.map(choice)
  const { operator } = choice
  if (tasks.length > operator.adapter.batchSizeMax) return submitInParts(run, tasks, candidates, operator)
  const { undecided, notSubmitted } = await submitInTurn(run, operator, tasks)
  const groups = Map.groupBy(undecided, ({ attempt: { result } }) => result.kind)
  const rests = await Promise.all(
    [...groups].map(([kind, group]) =>
      submitToCandidates(run, group, remaining(run, candidates, choice, kind)),
    ),
  )
  return [...notSubmitted, ...rests.flat()]
}

/** Within the lease, throttling leaves an operator a candidate, behind the others. */
function remaining(
  { claimedAtMs }: FailoverRun,
  candidates: Candidate[],
  asked: Candidate,
  result: OperatorResult['kind'],
): Candidate[] {
  const others = candidates.filter((each) => each !== asked)
  const nowMs = performance.now()
  if (result === 'throttled')
    return leavesRoom(claimedAtMs, nowMs)
      ? [...others, { ...asked, notBeforeMs: nowMs + THROTTLED_PAUSE_MS }]
      : others
  const submissionsLeft = asked.submissionsLeft - 1
  return result === 'unknown' && submissionsLeft > 0 ? [{ ...asked, submissionsLeft }, ...others] : others
}

/** An operator that may not have recovered gets one part, and the others follow if that closes its breaker. */
async function submitInParts(
  run: FailoverRun,
  tasks: PendingTask[],
  candidates: Candidate[],
  { adapter, breaker }: Operator,
): Promise<PendingTask[]> {
  const submit = (part: PendingTask[]) => submitToCandidates(run, part, candidates)
  const parts = cut(tasks, adapter.batchSizeMax)
  const probe = breaker.state() === 'closed' ? [] : parts.splice(0, 1)
  const probed = await Promise.all(probe.map(submit))
  return [...probed, ...(await Promise.all(parts.map(submit)))].flat()
}

type WithoutChoice = (pending: PendingTask) => PendingTask

/**
 * Chooses the first operator whose breaker and pace admit a call. If only the pace does not, waits for it within the
 * lease, without occupying a permit.
 */
async function chooseCandidate(
  run: FailoverRun,
  candidates: Candidate[],
): Promise<Candidate | WithoutChoice> {
  for (;;) {
    const nowMs = performance.now()
    const admitting = candidates.filter(({ operator }) => operator.breaker.isAdmitting())
    const ready = admitting.find((each) => readyAtMsOf(each) <= nowMs)
    if (ready) return ready
    if (admitting.length === 0) return notCalled
    const readyAtMs = Math.min(...admitting.map(readyAtMsOf))
    if (!leavesRoom(run.claimedAtMs, readyAtMs)) return throttled
    try {
      await pause(Math.max(1, readyAtMs - nowMs), undefined, run.stopping && { signal: run.stopping })
    } catch {
      return abandoned
    }
  }
}

function readyAtMsOf({ operator, notBeforeMs }: Candidate): number {
  return Math.max(notBeforeMs, operator.pace.readyAtMs())
}

interface Submitted {
  undecided: PendingTask[]
  /** Without a result, and without a further submission in this run. */
  notSubmitted: PendingTask[]
}

/**
 * Waits for a permit among all calls of the class, then checks pace and lease. On stop, tasks still waiting for a permit
 * are abandoned, because they might outlast shutdown.
 */
async function submitInTurn(run: FailoverRun, operator: Operator, tasks: PendingTask[]): Promise<Submitted> {
  let permit: Permit
  try {
    permit = await run.calls.acquire(1, run.stopping)
  } catch {
    return { undecided: [], notSubmitted: tasks.map(abandoned) }
  }
  try {
    const ready = await prepare(run, tasks)
    if (operator.pace.readyAtMs() > performance.now())
      return { undecided: ready.undecided.map(throttled), notSubmitted: ready.notSubmitted }
    return { undecided: await submitOnce(run, operator, ready.undecided), notSubmitted: ready.notSubmitted }
  } finally {
    permit.release()
  }
}

/** Renews the lease of tasks before a submission that could be a repeat, or when the lease leaves no room for it. */
async function prepare(run: FailoverRun, tasks: PendingTask[]): Promise<Submitted> {
  const isReady = ({ isCounted, leasedAtMs }: PendingTask) =>
    isCounted && leavesRoom(leasedAtMs, performance.now())
  if (tasks.every(isReady)) return { undecided: tasks, notSubmitted: [] }
  const askedAtMs = performance.now()
  try {
    const renewals = tasks.map(({ task, isCounted }) => ({ task, isRepeat: !isCounted }))
    const { ours, newlyMarked } = await renewLease(run.db, renewals, run.inFlight)
    if (newlyMarked > 0) run.events.possibleDuplicates({ type: run.type, messages: newlyMarked })
    const [kept, lost] = [
      tasks.filter(({ task }) => ours.has(task.reference)),
      tasks.filter(({ task }) => !ours.has(task.reference)),
    ]
    for (const { task } of lost) run.inFlight.unsettled.delete(task.reference)
    if (lost.length > 0) run.inFlight.hasOthers = true
    const renewed = kept.map((each) => ({ ...each, isCounted: true, leasedAtMs: askedAtMs }))
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
  const batch = tasks.map(({ task: { reference, recipient, text } }) => ({ reference, to: recipient, text }))
  const attempts = await attempt(operator, batch, {
    timeoutMs: ATTEMPT_TIMEOUT_MS,
    events: run.operatorEvents,
  })
  const undecided: PendingTask[] = []
  const settlements: Settlement[] = []
  const { unknownSubmissionsMax } = run
  tasks.forEach((pending, position) => {
    const result = attempts[position]
    const next = result ? applyAttempt(pending, result, { operator, unknownSubmissionsMax }) : pending
    if ('kind' in next) settlements.push(next)
    else undecided.push(next)
  })
  if (settlements.length > 0) run.onResults(settlements)
  return undecided
}

function cut<T>(items: T[], sizeMax: number): T[][] {
  const pieces: T[][] = []
  for (let start = 0; start < items.length; start += sizeMax) pieces.push(items.slice(start, start + sizeMax))
  return pieces
}
