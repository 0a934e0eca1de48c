import { attempt } from '../operators/index.ts'
import type { Operator, OperatorEvents, Attempt } from '../operators/index.ts'
import type { Envelope } from '../outbox/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { DeliveryEvents } from './events.ts'
import type { InFlight, Task } from './inFlight.ts'
import { TRY_TIMEOUT_MS, leavesRoom } from './lease.ts'
import { renew } from './renew.ts'
import type { Settlement } from './settle.ts'
import type { Slots } from './slots.ts'

/** One envelope on its way, as far as offering it to operators goes. */
export interface FailoverRun {
  db: Db
  type: Envelope['type']
  inFlight: InFlight
  operators: readonly Operator[]
  /** The turns of all calls of the class. */
  calls: Slots
  events: DeliveryEvents
  operatorEvents: OperatorEvents
  /** Told at once what an operator decided, while the others' failover goes on. */
  onVerdicts: (verdicts: Settlement[]) => void
  /** Calls that have not begun when it is aborted are not made. */
  stopping?: AbortSignal
}

/** A task without a verdict and what was last known of it. */
export interface PendingTask {
  task: Task
  tried: Attempt
  /** An operator was asked in this round. */
  called: boolean
  /** When its claim, or the last renewal of it, was asked for: each task has its own, as not all are renewed at once. */
  leasedAtMs: number
}

export const NOT_TRIED: Attempt = {
  outcome: { kind: 'unavailable', reason: 'not tried' },
  called: false,
  isSpecificToMessage: false,
}

/** Asked once more with the same reference when an answer is missing; express goes on to the next operator at once. */
const TRIES_PER_OPERATOR_MAX = { normal: 2, express: 1 }

/** What came of one or more calls: who may be offered further, and who gets no further try in this round. */
interface Tries {
  results: PendingTask[]
  abandoned: PendingTask[]
}

/** Offers tasks to each operator in turn. @returns those without a verdict. */
export async function offer(run: FailoverRun, tasks: PendingTask[]): Promise<PendingTask[]> {
  let waiting = tasks
  const abandoned: PendingTask[] = []
  for (const operator of run.operators) {
    let round = waiting
    const done: PendingTask[] = []
    for (let tries = 1; round.length > 0 && tries <= TRIES_PER_OPERATOR_MAX[run.type]; tries++) {
      const tried = await tryAll(run, operator, round)
      abandoned.push(...tried.abandoned)
      done.push(...tried.results.filter(({ tried }) => tried.outcome.kind !== 'unknown'))
      round = tried.results.filter(({ tried }) => tried.outcome.kind === 'unknown')
    }
    waiting = [...done, ...round]
    if (waiting.length === 0) break
  }
  return [...abandoned, ...waiting]
}

/** One try of each task at one operator, in as many calls as it needs, side by side. */
async function tryAll(run: FailoverRun, operator: Operator, round: PendingTask[]): Promise<Tries> {
  const calls = cut(round, operator.adapter.batchSizeMax)
  const callOne = (tasks: PendingTask[]) => tryInTurn(run, operator, tasks)
  // An operator that may not have healed gets one call, and the others follow when that heals it.
  const probe = calls.length > 1 && operator.breaker.state() !== 'closed' ? calls.splice(0, 1) : []
  const tries = [...(await Promise.all(probe.map(callOne))), ...(await Promise.all(calls.map(callOne)))]
  return {
    results: tries.flatMap(({ results }) => results),
    abandoned: tries.flatMap(({ abandoned }) => abandoned),
  }
}

/**
 * Waits for its turn among all calls of the class; the lease is looked at when that has come. A stop gives up those whose
 * turn has not: calls under way end soon, and what waits behind them would take longer than a process has to end.
 */
async function tryInTurn(run: FailoverRun, operator: Operator, tasks: PendingTask[]): Promise<Tries> {
  let giveBack: () => void
  try {
    giveBack = await run.calls.take(run.stopping)
  } catch {
    return { results: [], abandoned: withoutVerdict(tasks) }
  }
  try {
    const ready = await prepare(run, tasks)
    return { results: await tryOnce(run, operator, ready.tasks), abandoned: ready.abandoned }
  } finally {
    giveBack()
  }
}

/** They keep no verdict of an earlier operator: the one that was not asked might have taken them. */
function withoutVerdict(tasks: PendingTask[]): PendingTask[] {
  return tasks.map((each) => ({ ...each, tried: { ...each.tried, own: false } }))
}

/**
 * What must hold before a try: the lease leaves room, and whoever may have been sent is marked. `abandoned` are tasks
 * that get no further try in this round because the database could not be asked.
 */
async function prepare(
  run: FailoverRun,
  round: PendingTask[],
): Promise<{ tasks: PendingTask[]; abandoned: PendingTask[] }> {
  const isReady = ({ called, leasedAtMs }: PendingTask) =>
    !called && leavesRoom(leasedAtMs, performance.now())
  if (round.every(isReady)) return { tasks: round, abandoned: [] }
  const askedAtMs = performance.now()
  try {
    const asked = round.map(({ task }) => task)
    const renewed = await renew(run.db, asked, run.inFlight.owner)
    const ours = new Set(renewed.tasks)
    for (const task of asked) if (!ours.has(task)) run.inFlight.unsettled.delete(task.reference)
    const tasks = round
      .filter(({ task }) => ours.has(task))
      .map((each) => ({ ...each, leasedAtMs: askedAtMs }))
    if (renewed.newlyMarked > 0)
      run.events.possibleDuplicates({ type: run.type, messages: renewed.newlyMarked })
    if (!leavesRoom(askedAtMs, performance.now())) return { tasks: [], abandoned: withoutVerdict(tasks) }
    return { tasks, abandoned: [] }
  } catch (error) {
    run.events.deliveryFailed({ type: run.type, step: 'renew', error })
    return { tasks: [], abandoned: withoutVerdict(round) }
  }
}

/** One call of one operator, or one and its halves. @returns the tasks that it did not decide. */
async function tryOnce(run: FailoverRun, operator: Operator, round: PendingTask[]): Promise<PendingTask[]> {
  if (round.length === 0) return []
  const batch = round.map(({ task: { reference, recipient, text } }) => ({ reference, to: recipient, text }))
  const tried = await attempt(operator, batch, { timeoutMs: TRY_TIMEOUT_MS, events: run.operatorEvents })
  const undecided: PendingTask[] = []
  const verdicts: Settlement[] = []
  round.forEach((before, position) => {
    const result = tried[position] ?? NOT_TRIED
    const { task } = before
    const { outcome } = result
    if (outcome.kind === 'accepted') {
      const { providerMessageId } = outcome
      verdicts.push({ kind: 'done', task, provider: operator.name, providerMessageId })
    } else if (outcome.kind === 'rejected') {
      verdicts.push({ kind: 'failed', task, provider: operator.name, reason: outcome.reason })
    } else {
      if (outcome.kind === 'unknown') task.possiblySent = true
      // A call that said something of this message outweighs a later operator that was not asked.
      undecided.push({
        ...before,
        tried: result.called ? result : before.called ? before.tried : result,
        called: before.called || result.called,
      })
    }
  })
  if (verdicts.length > 0) run.onVerdicts(verdicts)
  return undecided
}

function cut<T>(items: T[], sizeMax: number): T[][] {
  if (items.length <= sizeMax) return [items]
  const pieces: T[][] = []
  for (let start = 0; start < items.length; start += sizeMax) pieces.push(items.slice(start, start + sizeMax))
  return pieces
}
