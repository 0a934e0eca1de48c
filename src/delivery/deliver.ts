import { randomBytes } from 'node:crypto'
import { tryOperator } from '../operators/index.ts'
import type { Operator, OperatorEvents, Tried } from '../operators/index.ts'
import type { Envelope } from '../outbox/index.ts'
import type { Db } from '../platform/db/index.ts'
import { claimEnvelope } from './claimEnvelope.ts'
import type { Task } from './claimEnvelope.ts'
import type { DeliveryEvents } from './events.ts'
import { TRY_TIMEOUT_MS, leavesRoom } from './lease.ts'
import { renew } from './renew.ts'
import { settle } from './settle.ts'
import type { Ending, InHand } from './settle.ts'
import { withPatience } from './patience.ts'

export interface DeliverySettings {
  db: Db
  /** In order of preference, as this class reaches them. */
  operators: readonly Operator[]
  /** How long a message that no operator takes is tried again. */
  unavailableGraceMs: number
  events: DeliveryEvents
  operatorEvents: OperatorEvents
}

/** Asked once more with the same reference when an answer is missing; express goes on to the next operator at once. */
const TRIES_PER_OPERATOR_MAX = { normal: 2, express: 1 }
/**
 * A message ends only by a verdict on itself. Those whose grace has passed without one get a call of their own, as many
 * of an envelope as begin within this time; the rest follows at its next round.
 */
const ALONE_TIME_MS = 5_000

/** One envelope on its way, in one process. */
interface Run extends DeliverySettings {
  type: Envelope['type']
  inHand: InHand
  claimedAtMs: number
  settling: Promise<void>[]
}

/**
 * Takes one envelope from claim to settlement: claim the free recipients, offer them to the operators in order,
 * settle each as its verdict comes, and release what got none to the outbox. May run any number of times for the same
 * envelope. @throws Unavailable or CommitUnknown while the database is away: nothing was sent then.
 */
export async function deliver(settings: DeliverySettings, envelope: Envelope): Promise<void> {
  const owner = randomBytes(8).toString('hex')
  const claimedAtMs = performance.now()
  const { tasks, open, newlyMarked } = await claimEnvelope(settings.db, envelope, owner)
  const { type, outboxId, ranges } = envelope
  if (newlyMarked > 0) settings.events.possibleDuplicates({ type, messages: newlyMarked })
  if (tasks.length === 0) return
  const inHand = { outboxId, ranges, owner, open }
  const run: Run = { ...settings, type, inHand, claimedAtMs, settling: [] }
  const left = await offer(
    run,
    tasks.map((task) => ({ task, tried: NOT_TRIED, called: false, leasedAtMs: claimedAtMs })),
  )
  const last = await offerAlone(run, left)
  settleAside(
    run,
    last.map((result) => conclude(run, result)),
  )
  await Promise.all(run.settling)
}

/** A task without a verdict and what was last known of it. */
interface Undecided {
  task: Task
  tried: Tried
  /** An operator was asked in this round. */
  called: boolean
  /** When its claim, or the last renewal of it, was asked for: each task has its own, as not all are renewed at once. */
  leasedAtMs: number
}

const NOT_TRIED: Tried = { outcome: { kind: 'unavailable', reason: 'not tried' }, called: false, own: false }

/** Offers tasks to each operator in turn. What an operator decided is settled aside; the others' failover goes on. */
async function offer(run: Run, tasks: Undecided[]): Promise<Undecided[]> {
  let waiting = tasks
  const givenUp: Undecided[] = []
  for (const operator of run.operators) {
    let round = waiting
    const done: Undecided[] = []
    for (let tries = 1; round.length > 0 && tries <= TRIES_PER_OPERATOR_MAX[run.type]; tries++) {
      const ready = await prepare(run, round)
      givenUp.push(...ready.givenUp)
      const results = await tryOnce(run, operator, ready.tasks)
      done.push(...results.filter(({ tried }) => tried.outcome.kind !== 'unknown'))
      round = results.filter(({ tried }) => tried.outcome.kind === 'unknown')
    }
    waiting = [...done, ...round]
    if (waiting.length === 0) break
  }
  return [...givenUp, ...waiting]
}

/**
 * What must hold before a try: the lease leaves room, and whoever may have been sent is marked. `givenUp` are tasks
 * that get no further try in this round because the database could not be asked. They keep no verdict of an earlier
 * operator: the one that was not asked might have taken them.
 */
async function prepare(run: Run, round: Undecided[]): Promise<{ tasks: Undecided[]; givenUp: Undecided[] }> {
  const isReady = ({ called, leasedAtMs }: Undecided) => !called && leavesRoom(leasedAtMs, performance.now())
  if (round.every(isReady)) return { tasks: round, givenUp: [] }
  const undecided = (tasks: Undecided[]) =>
    tasks.map((each) => ({ ...each, tried: { ...each.tried, own: false } }))
  const askedAtMs = performance.now()
  try {
    const asked = round.map(({ task }) => task)
    const renewed = await renew(run.db, asked, run.inHand.owner)
    const ours = new Set(renewed.tasks)
    const tasks = round
      .filter(({ task }) => ours.has(task))
      .map((each) => ({ ...each, leasedAtMs: askedAtMs }))
    if (renewed.newlyMarked > 0)
      run.events.possibleDuplicates({ type: run.type, messages: renewed.newlyMarked })
    if (!leavesRoom(askedAtMs, performance.now())) return { tasks: [], givenUp: undecided(tasks) }
    return { tasks, givenUp: [] }
  } catch (error) {
    run.events.deliveryFailed({ type: run.type, step: 'renew', error })
    return { tasks: [], givenUp: undecided(round) }
  }
}

/** One try at one operator. @returns the tasks that it did not decide. */
async function tryOnce(run: Run, operator: Operator, round: Undecided[]): Promise<Undecided[]> {
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
      verdicts.push({
        kind: 'done',
        task,
        provider: operator.name,
        providerMessageId: outcome.providerMessageId,
      })
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
  settleAside(run, verdicts)
  return undecided
}

/** One after the other, so that a class never has more calls under way than it has connections. */
async function offerAlone(run: Run, undecided: Undecided[]): Promise<Undecided[]> {
  const endsAtMs = performance.now() + ALONE_TIME_MS
  const left: Undecided[] = []
  for (const result of undecided) {
    const isOverdue = result.called && !result.tried.own && isGraceOver(run, result.task)
    if (isOverdue && performance.now() < endsAtMs) left.push(...(await offer(run, [result])))
    else left.push(result)
  }
  return left
}

/** What follows for a task that no operator decided in this round. */
function conclude(run: Run, { task, tried, called }: Undecided): Ending {
  // The customer reads the reason in the ledger; what happened on the wire is not for them.
  if (tried.own && isGraceOver(run, task))
    return { kind: 'failed', task, provider: '', reason: 'no operator took it' }
  const reason = tried.outcome.kind === 'accepted' ? '' : tried.outcome.reason
  return { kind: 'released', task, tried: called, reason }
}

/** Whether the message has been tried for longer than the grace. Its first try does not end it, unless there is none. */
function isGraceOver(run: Run, task: Task): boolean {
  if (task.retryingMs === null) return run.unavailableGraceMs === 0
  return task.retryingMs + (performance.now() - run.claimedAtMs) >= run.unavailableGraceMs
}

/** Settles without holding up what is still on its way; deliver() waits for all of them at its end. */
function settleAside(run: Run, endings: Ending[]): void {
  if (endings.length > 0) run.settling.push(settlePatiently(run, endings))
}

/**
 * Endings that the database refuses together are settled one by one, so that the one it will not have keeps nobody
 * else's verdict from being written.
 */
async function settlePatiently(run: Run, endings: Ending[]): Promise<void> {
  const { db, type, inHand, events } = run
  const settled = await withPatience(
    () => settle(db, inHand, endings),
    (error) => events.deliveryFailed({ type, step: 'settle', error }),
  )
  if (settled.kind === 'done') {
    if (settled.result.endings.length > 0) events.settled({ type, endings: settled.result.endings })
    if (settled.result.late.length > 0) events.late({ type, endings: settled.result.late })
  } else if (settled.kind === 'fault' && endings.length > 1) {
    for (const ending of endings) await settlePatiently(run, [ending])
  } else {
    events.verdictLost({ type, endings })
  }
}
