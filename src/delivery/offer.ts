import { tryOperator } from '../operators/index.ts'
import type { Operator, OperatorEvents, Tried } from '../operators/index.ts'
import type { Envelope } from '../outbox/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { DeliveryEvents } from './events.ts'
import type { InHand, Task } from './inHand.ts'
import { TRY_TIMEOUT_MS, leavesRoom } from './lease.ts'
import { renew } from './renew.ts'
import type { Ending } from './settle.ts'
import type { Slots } from './slots.ts'

/** One envelope on its way, as far as offering it to operators goes. */
export interface Offering {
  db: Db
  type: Envelope['type']
  inHand: InHand
  operators: readonly Operator[]
  /** The turns of all calls of the class. */
  calls: Slots
  events: DeliveryEvents
  operatorEvents: OperatorEvents
  /** Told at once what an operator decided, while the others' failover goes on. */
  onVerdicts: (verdicts: Ending[]) => void
  /** Calls that have not begun when it is aborted are not made. */
  stopping?: AbortSignal
}

/** A task without a verdict and what was last known of it. */
export interface Undecided {
  task: Task
  tried: Tried
  /** An operator was asked in this round. */
  called: boolean
  /** When its claim, or the last renewal of it, was asked for: each task has its own, as not all are renewed at once. */
  leasedAtMs: number
}

export const NOT_TRIED: Tried = {
  outcome: { kind: 'unavailable', reason: 'not tried' },
  called: false,
  own: false,
}

/** Asked once more with the same reference when an answer is missing; express goes on to the next operator at once. */
const TRIES_PER_OPERATOR_MAX = { normal: 2, express: 1 }

/** What came of one or more calls: who may be offered further, and who gets no further try in this round. */
interface Tries {
  results: Undecided[]
  givenUp: Undecided[]
}

/** Offers tasks to each operator in turn. @returns those without a verdict. */
export async function offer(run: Offering, tasks: Undecided[]): Promise<Undecided[]> {
  let waiting = tasks
  const givenUp: Undecided[] = []
  for (const operator of run.operators) {
    let round = waiting
    const done: Undecided[] = []
    for (let tries = 1; round.length > 0 && tries <= TRIES_PER_OPERATOR_MAX[run.type]; tries++) {
      const tried = await tryAll(run, operator, round)
      givenUp.push(...tried.givenUp)
      done.push(...tried.results.filter(({ tried }) => tried.outcome.kind !== 'unknown'))
      round = tried.results.filter(({ tried }) => tried.outcome.kind === 'unknown')
    }
    waiting = [...done, ...round]
    if (waiting.length === 0) break
  }
  return [...givenUp, ...waiting]
}

/** One try of each task at one operator, in as many calls as it needs, side by side. */
async function tryAll(run: Offering, operator: Operator, round: Undecided[]): Promise<Tries> {
  const calls = cut(round, operator.adapter.batchSizeMax)
  const callOne = (tasks: Undecided[]) => tryInTurn(run, operator, tasks)
  // An operator that may not have healed gets one call, and the others follow when that heals it.
  const probe = calls.length > 1 && operator.breaker.state() !== 'closed' ? calls.splice(0, 1) : []
  const tries = [...(await Promise.all(probe.map(callOne))), ...(await Promise.all(calls.map(callOne)))]
  return {
    results: tries.flatMap(({ results }) => results),
    givenUp: tries.flatMap(({ givenUp }) => givenUp),
  }
}

/**
 * Waits for its turn among all calls of the class; the lease is looked at when that has come. A stop gives up those whose
 * turn has not: calls under way end soon, and what waits behind them would take longer than a process has to end.
 */
async function tryInTurn(run: Offering, operator: Operator, tasks: Undecided[]): Promise<Tries> {
  let giveBack: () => void
  try {
    giveBack = await run.calls.take(run.stopping)
  } catch {
    return { results: [], givenUp: withoutVerdict(tasks) }
  }
  try {
    const ready = await prepare(run, tasks)
    return { results: await tryOnce(run, operator, ready.tasks), givenUp: ready.givenUp }
  } finally {
    giveBack()
  }
}

/** They keep no verdict of an earlier operator: the one that was not asked might have taken them. */
function withoutVerdict(tasks: Undecided[]): Undecided[] {
  return tasks.map((each) => ({ ...each, tried: { ...each.tried, own: false } }))
}

/**
 * What must hold before a try: the lease leaves room, and whoever may have been sent is marked. `givenUp` are tasks
 * that get no further try in this round because the database could not be asked.
 */
async function prepare(
  run: Offering,
  round: Undecided[],
): Promise<{ tasks: Undecided[]; givenUp: Undecided[] }> {
  const isReady = ({ called, leasedAtMs }: Undecided) => !called && leavesRoom(leasedAtMs, performance.now())
  if (round.every(isReady)) return { tasks: round, givenUp: [] }
  const askedAtMs = performance.now()
  try {
    const asked = round.map(({ task }) => task)
    const renewed = await renew(run.db, asked, run.inHand.owner)
    const ours = new Set(renewed.tasks)
    for (const task of asked) if (!ours.has(task)) run.inHand.unsettled.delete(task.reference)
    const tasks = round
      .filter(({ task }) => ours.has(task))
      .map((each) => ({ ...each, leasedAtMs: askedAtMs }))
    if (renewed.newlyMarked > 0)
      run.events.possibleDuplicates({ type: run.type, messages: renewed.newlyMarked })
    if (!leavesRoom(askedAtMs, performance.now())) return { tasks: [], givenUp: withoutVerdict(tasks) }
    return { tasks, givenUp: [] }
  } catch (error) {
    run.events.deliveryFailed({ type: run.type, step: 'renew', error })
    return { tasks: [], givenUp: withoutVerdict(round) }
  }
}

/** One call of one operator, or one and its halves. @returns the tasks that it did not decide. */
async function tryOnce(run: Offering, operator: Operator, round: Undecided[]): Promise<Undecided[]> {
  if (round.length === 0) return []
  const batch = round.map(({ task: { reference, recipient, text } }) => ({ reference, to: recipient, text }))
  const tried = await tryOperator(operator, batch, { timeoutMs: TRY_TIMEOUT_MS, events: run.operatorEvents })
  const undecided: Undecided[] = []
  const verdicts: Ending[] = []
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
