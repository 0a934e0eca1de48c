import type { Operator, OperatorResult } from '../operators/index.ts'
import { cutIntoCalls, isTooLarge } from './calls.ts'
import { chooseCandidate } from './chooseCandidate.ts'
import type { Candidate } from './chooseCandidate.ts'
import type { FailoverRun } from './failoverRun.ts'
import { capMsOf, slowLast } from './hedge/delay.ts'
import { mayHedge } from './hedge/mayHedge.ts'
import { submitHedged } from './hedge/submitHedged.ts'
import { isHeldBy } from './holders.ts'
import { leavesRoom } from './lease.ts'
import type { PendingTask } from './pendingTask.ts'
import { submitInTurn } from './submitInTurn.ts'
import { resolveDoubts, resolveUnknown } from './unknown/resolve.ts'
import { withoutExpired } from './withoutExpired.ts'

/** An operator that deduplicates references can be asked again after an unknown result. Express has no time for that. */
const SUBMISSIONS_PER_OPERATOR_MAX = { normal: 2, express: 1 }

/** An operator that throttled a call is not asked again at once, even if its pace has no limit for this class. */
const THROTTLED_PAUSE_MS = 50

/** Submits tasks to each operator in turn until one decides them. @returns those without a final result. */
export async function submitWithFailover(run: FailoverRun, all: PendingTask[]): Promise<PendingTask[]> {
  const { hedging } = run
  const hedged = hedging ? all.filter(mayHedge) : []
  if (!hedging || hedged.length === 0) return submitPlainly(run, all)
  const others = all.filter((each) => !hedged.includes(each))
  const candidates = slowLast(candidatesOf(run), hedging.latencies, capMsOf(hedged))
  const rests = [submitToCandidates(run, hedged, candidates), submitPlainly(run, others)]
  return (await Promise.all(rests)).flat()
}

function candidatesOf(run: FailoverRun): Candidate[] {
  return run.operators.map((operator) => ({
    operator,
    submissionsLeft: operator.deduplicatesReferences ? SUBMISSIONS_PER_OPERATOR_MAX[run.type] : 1,
    notBeforeMs: -Infinity,
  }))
}

async function submitPlainly(run: FailoverRun, tasks: PendingTask[]): Promise<PendingTask[]> {
  if (tasks.length === 0) return []
  const candidates = candidatesOf(run)
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
  const others = candidates.filter((each) => each !== choice.candidate)
  const { undecided, notSubmitted } =
    run.hedging && others.length > 0 && tasks.every(mayHedge)
      ? await submitHedged(run, run.hedging, choice, { tasks, others, submit: submitInTurn })
      : await submitInTurn(run, operator, tasks, choice.turn)
  const rests = await Promise.all(
    groupByNext(undecided, operator).map(({ next, hedgedAt, group }) => {
      const left = candidates.filter((each) => each.operator.name !== hedgedAt)
      if (next === 'unknown') return submitAfterUnknown(run, group, left, choice.candidate)
      return submitToCandidates(run, group, remaining(run, left, choice.candidate, next))
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

/** `hedgedAt`: the operator that was asked beside this one is not asked again in this run. */
function groupByNext(undecided: PendingTask[], operator: Operator) {
  return [...Map.groupBy(undecided, ({ hedgedAt }) => hedgedAt)].flatMap(([hedgedAt, tasks]) =>
    [...Map.groupBy(tasks, (each) => nextOf(each, operator))].map(([next, group]) => {
      return { next, hedgedAt, group }
    }),
  )
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
