import { attempt } from '../operators/index.ts'
import type { Operator, OperatorResult, Turn } from '../operators/index.ts'
import type { Permit } from '../platform/semaphore.ts'
import { noteCall } from './attemptLog.ts'
import { cutIntoCalls, isTooLarge } from './calls.ts'
import { chooseCandidate } from './chooseCandidate.ts'
import type { Candidate } from './chooseCandidate.ts'
import type { Settlement } from './effects.ts'
import type { FailoverRun } from './failoverRun.ts'
import { isHeldBy, isUnmarkedRepeat } from './holders.ts'
import { ATTEMPT_TIMEOUT_MS, leavesRoom } from './lease.ts'
import { abandoned, applyAttempt, throttled } from './pendingTask.ts'
import type { PendingTask } from './pendingTask.ts'
import { renewLease } from './renewLease.ts'
import { toSubmission } from './toSubmission.ts'
import { resolveDoubts, resolveUnknown } from './unknown/resolve.ts'
import { withoutExpired } from './withoutExpired.ts'

/** An operator that deduplicates references can be asked again after an unknown result. Express has no time for that. */
const SUBMISSIONS_PER_OPERATOR_MAX = { normal: 2, express: 1 }

/** An operator that throttled a call is not asked again at once, even if its pace has no limit for this class. */
const THROTTLED_PAUSE_MS = 50

/** Submits tasks to each operator in turn until one decides them. @returns those without a final result. */
export async function submitWithFailover(run: FailoverRun, tasks: PendingTask[]): Promise<PendingTask[]> {
  const candidates = run.operators.map((operator) => ({
    operator,
    submissionsLeft: operator.deduplicatesReferences ? SUBMISSIONS_PER_OPERATOR_MAX[run.type] : 1,
    notBeforeMs: -Infinity,
  }))
  const doubtful = tasks.filter(({ task }) => task.doubt !== null)
  if (doubtful.length === 0) return submitWhereAllowed(run, tasks, candidates)
  const certain = tasks.filter(({ task }) => task.doubt === null)
  const resolve = async () => {
    const { notTaken, repeatable, held } = await resolveDoubts(run, doubtful)
    return [...held, ...(await submitWhereAllowed(run, [...notTaken, ...repeatable], candidates))]
  }
  return (await Promise.all([submitWhereAllowed(run, certain, candidates), resolve()])).flat()
}

/** A message that only one operator may get again goes to no other. */
async function submitWhereAllowed(
  run: FailoverRun,
  tasks: PendingTask[],
  candidates: Candidate[],
): Promise<PendingTask[]> {
  const groups = [...Map.groupBy(tasks, ({ onlyAt }) => onlyAt)]
  const rests = groups.map(([onlyAt, group]) => {
    const allowed =
      onlyAt === undefined ? candidates : candidates.filter(({ operator }) => operator.name === onlyAt)
    return submitToCandidates(run, group, allowed)
  })
  return (await Promise.all(rests)).flat()
}

async function submitToCandidates(
  run: FailoverRun,
  all: PendingTask[],
  candidates: Candidate[],
): Promise<PendingTask[]> {
  if (candidates.length === 0) return all
  const tasks = withoutExpired(all, run.onResults)
  if (tasks.length === 0) return []
  const choice = await chooseCandidate(run, candidates, tasks)
  if (typeof choice === 'function') return tasks.map(choice)
  const { operator } = choice.candidate
  if (isTooLarge(tasks, operator)) return submitInParts(run, tasks, candidates, operator)
  const { undecided, notSubmitted } = await submitInTurn(run, operator, tasks, choice.turn)
  const groups = Map.groupBy(undecided, (each) => nextOf(each, operator))
  const rests = await Promise.all(
    [...groups].map(([next, group]) => {
      if (next === 'unknown') return submitAfterUnknown(run, group, candidates, choice.candidate)
      return submitToCandidates(run, group, remaining(run, candidates, choice.candidate, next))
    }),
  )
  return [...notSubmitted, ...rests.flat()]
}

/** What decides who is asked next. `held`: this operator has parts of the message, and took no others. */
type Next = OperatorResult['kind'] | 'held' | 'held throttled'

function nextOf({ task, attempt: { result } }: PendingTask, operator: Operator): Next {
  if (!isHeldBy(operator, task) || result.kind === 'unknown') return result.kind
  return result.kind === 'throttled' ? 'held throttled' : 'held'
}

/** Asks the operators that may have them first (invariant 4). */
async function submitAfterUnknown(
  run: FailoverRun,
  tasks: PendingTask[],
  candidates: Candidate[],
  asked: Candidate,
): Promise<PendingTask[]> {
  const { notTaken, repeatable, held } = await resolveUnknown(run, tasks)
  const rests = await Promise.all([
    submitToCandidates(run, notTaken, remaining(run, candidates, asked, 'unavailable')),
    submitWhereAllowed(run, repeatable, remaining(run, candidates, asked, 'unknown')),
  ])
  return [...held, ...rests.flat()]
}

/** Within the lease, throttling leaves an operator a candidate, behind the others; the only one of what it has parts of. */
function remaining(
  { claimedAtMs, type }: FailoverRun,
  candidates: Candidate[],
  asked: Candidate,
  next: Next,
): Candidate[] {
  const isAlone = next === 'held throttled' || (next === 'held' && type === 'normal')
  const others = isAlone ? [] : candidates.filter((each) => each !== asked)
  const nowMs = performance.now()
  if (next === 'throttled' || next === 'held throttled')
    return leavesRoom(claimedAtMs, nowMs)
      ? [...others, { ...asked, notBeforeMs: nowMs + THROTTLED_PAUSE_MS }]
      : others
  const submissionsLeft = asked.submissionsLeft - 1
  return next === 'unknown' && submissionsLeft > 0 ? [{ ...asked, submissionsLeft }, ...others] : others
}

/** An operator that may not have recovered gets one part, and the others follow if that closes its breaker. */
async function submitInParts(
  run: FailoverRun,
  tasks: PendingTask[],
  candidates: Candidate[],
  operator: Operator,
): Promise<PendingTask[]> {
  const submit = (part: PendingTask[]) => submitToCandidates(run, part, candidates)
  const parts = cutIntoCalls(tasks, operator)
  const probe = operator.breaker.state() === 'closed' ? [] : parts.splice(0, 1)
  const probed = await Promise.all(probe.map(submit))
  return [...probed, ...(await Promise.all(parts.map(submit)))].flat()
}

interface Submitted {
  undecided: PendingTask[]
  /** Without a result, and without a further submission in this run. */
  notSubmitted: PendingTask[]
}

/**
 * Waits for the operator's turn and for a permit among all calls of the class, then checks pace and lease. On stop, tasks
 * that wait for a permit are abandoned, because they might outlast shutdown.
 */
async function submitInTurn(
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
  try {
    const ready = await prepare(run, operator, tasks)
    const nowMs = performance.now()
    if (operator.pace.readyAtMs() > nowMs || (turn && turn.expiresAtMs < nowMs))
      return { undecided: ready.undecided.map(throttled), notSubmitted: ready.notSubmitted }
    const unexpired = withoutExpired(ready.undecided, run.onResults)
    return { undecided: await submitOnce(run, operator, unexpired), notSubmitted: ready.notSubmitted }
  } finally {
    permit.release()
  }
}

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
    for (const each of kept) each.task.possibleDuplicate ||= isRepeat(each)
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
  const startedAtMs = performance.now()
  const attempts = await attempt(operator, batch, {
    timeoutMs: ATTEMPT_TIMEOUT_MS,
    events: run.operatorEvents,
    traced: tasks.map(({ task }) => task),
  })
  const undecided: PendingTask[] = []
  const settlements: Settlement[] = []
  tasks.forEach((pending, position) => {
    const result = attempts[position]
    if (result)
      noteCall(pending.task, result, { provider: operator.name, routeReason: run.routeReason, startedAtMs })
    const next = result ? applyAttempt(pending, result, operator) : pending
    if ('kind' in next) settlements.push(next)
    else undecided.push(next)
  })
  if (settlements.length > 0) run.onResults(settlements)
  return undecided
}
