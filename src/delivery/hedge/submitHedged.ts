import type { Operator, Turn } from '../../operators/index.ts'
import type { Permit } from '../../platform/semaphore.ts'
import { openSemaphore } from '../../platform/semaphore.ts'
import { cutIntoCalls } from '../calls.ts'
import { findReady, queueFor } from '../chooseCandidate.ts'
import type { Candidate, Choice } from '../chooseCandidate.ts'
import type { Accepted, Settlement } from '../effects.ts'
import type { FailoverRun } from '../failoverRun.ts'
import { leavesRoom } from '../lease.ts'
import type { PendingTask } from '../pendingTask.ts'
import { resolveUnknown } from '../unknown/resolve.ts'
import { capMsOf, hedgeAfterMs, slowLast } from './delay.ts'
import type { Hedging } from './hedging.ts'
import { openRace } from './race.ts'
import type { Concluded, Race, Submitted } from './race.ts'
import { storeLateAcceptances } from './storeLateAcceptances.ts'

/** A call that no other operator, or no budget, admits in time is tried again after this. */
const WITHHELD_PAUSE_MS = 50

/** One call of one operator with these tasks, as every submission is made. */
export type Submit = (
  run: FailoverRun,
  operator: Operator,
  tasks: PendingTask[],
  waiting?: Promise<Turn | undefined>,
) => Promise<Submitted>

/** A call that may be hedged, and what a hedge needs. */
interface HedgedCall {
  run: FailoverRun
  hedging: Hedging
  race: Race
  tasks: PendingTask[]
  /** Operators that may get the tasks beside the first one. */
  others: Candidate[]
  /** Aborted when the first call has ended: a hedge that waits is not made any more. */
  firstEnded: AbortController
  submit: Submit
}

/**
 * Submits tasks to an operator and, when it does not answer in time, to the next one that admits a call too, under the same
 * references (decision 0047). Resolves when all of them are settled, or both calls have ended; what comes later is stored.
 */
export function submitHedged(
  run: FailoverRun,
  hedging: Hedging,
  { candidate, turn }: Choice,
  { tasks, others, submit }: { tasks: PendingTask[]; others: Candidate[]; submit: Submit },
): Promise<Submitted> {
  const { operator } = candidate
  const late: Accepted[] = []
  const race = openRace(tasks, {
    onResults: run.onResults,
    onWon: (messages) => run.events.hedged({ result: 'won', messages }),
    onTwice: (settlements) => {
      late.push(...settlements)
      run.events.hedged({ result: 'twice', messages: settlements.length })
    },
  })
  const call = { ...{ run, hedging, race, tasks, others, submit }, firstEnded: new AbortController() }
  const capMs = capMsOf(tasks)
  let second: SecondCall | undefined
  const onCalling = (permit: Permit) => {
    hedging.budget.refill(tasks.length)
    second = openSecondCall(call, permit, hedgeAfterMs(hedging.latencies.p95Ms(operator.name), capMs))
  }
  const hasBetterOperator = () => {
    const inOrder = slowLast([candidate, ...others], hedging.latencies, capMs)
    return (findReady(inOrder, performance.now()) ?? candidate) !== candidate
  }
  const onResults = (results: Settlement[]) => race.take('first', results)
  const both = async (): Promise<Submitted> => {
    const submitted = await submit({ ...run, onCalling, hasBetterOperator, onResults }, operator, tasks, turn)
    call.firstEnded.abort(new Error('the first operator has answered'))
    race.end('first', submitted, operator.name)
    if (await second?.end()) await storeLateAcceptances(run, tasks, late)
    const { contested, undecided, notSubmitted } = race.conclude()
    return { undecided, notSubmitted: [...notSubmitted, ...(await resolveContested(run, contested))] }
  }
  return Promise.race([both(), race.allSettled.then(() => ({ undecided: [], notSubmitted: [] }))])
}

/**
 * The operator that may have taken what the other one rejected is asked. If that does not say that it has it, the rejection
 * counts, as after any unknown result. @returns what waits for its answer.
 */
async function resolveContested(run: FailoverRun, contested: Concluded['contested']): Promise<PendingTask[]> {
  if (contested.length === 0) return []
  const { notTaken, repeatable, held } = await resolveUnknown(
    run,
    contested.map(({ pending }) => pending),
  )
  const rejected = new Set([...notTaken, ...repeatable].map(({ task }) => task.reference))
  const rejections = contested.map(({ rejection }) => rejection)
  const final = rejections.filter(({ task }) => rejected.has(task.reference))
  if (final.length > 0) run.onResults(final)
  return held
}

interface SecondCall {
  /** The first call has ended. @returns whether there was a second one, when that has ended too. */
  end(): Promise<boolean>
}

/** Makes the second call after `waitMs`, or as soon after that as an operator and the budget admit it. */
function openSecondCall(call: HedgedCall, first: Permit, waitMs: number): SecondCall {
  const { run, hedging, race, tasks } = call
  let withheld: Parameters<FailoverRun['events']['hedgeWithheld']>[0] | undefined
  let made: Promise<void> | undefined
  const submitOrWait = () => {
    const nowMs = performance.now()
    const open = tasks.filter((each) => !race.isSettled(each))
    if (open.length === 0) return
    const hasRoom = leavesRoom(run.claimedAtMs, nowMs)
    const second = hasRoom ? findReady(call.others, nowMs) : undefined
    if (second && hedging.budget.tryTake(open.length)) {
      first.release()
      made = submitSecond(call, second.operator)
      return
    }
    withheld = { cause: second ? 'budget' : 'no_operator', messages: open.length }
    if (hasRoom) cancelTimer = hedging.after(WITHHELD_PAUSE_MS, submitOrWait)
  }
  let cancelTimer = hedging.after(waitMs, submitOrWait)
  return {
    async end() {
      cancelTimer()
      if (!made && withheld) run.events.hedgeWithheld(withheld)
      await made
      return made !== undefined
    },
  }
}

async function submitSecond(
  { run, race, submit, firstEnded }: HedgedCall,
  operator: Operator,
): Promise<void> {
  const stopping = AbortSignal.any([firstEnded.signal, ...(run.stopping ? [run.stopping] : [])])
  const hedgeRun: FailoverRun = {
    ...{ ...run, stopping, isHedge: true, calls: openSemaphore(Infinity) },
    isWanted: (each) => !race.isSettled(each),
    onResults: (results) => race.take('hedge', results),
  }
  const parts = cutIntoCalls(race.begin(), operator).map((part) => part.map(asRepeat))
  const ended = await Promise.all(
    parts.map((part) => submit(hedgeRun, operator, part, queueFor(hedgeRun, operator, part).turn)),
  )
  const submitted = {
    undecided: ended.flatMap(({ undecided }) => undecided),
    notSubmitted: ended.flatMap(({ notSubmitted }) => notSubmitted),
  }
  race.end('hedge', submitted, operator.name)
}

/** Marked as a possible duplicate, and counted, by the renewal of its lease before it is sent (invariant 4). */
function asRepeat(pending: PendingTask): PendingTask {
  return { ...pending, needsMark: true, isCounted: false }
}
