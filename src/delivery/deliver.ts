import type { Operator, OperatorEvents } from '../operators/index.ts'
import { countRecipients } from '../outbox/index.ts'
import type { Envelope } from '../outbox/index.ts'
import { CommitUnknown } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { createBatcher } from '../platform/batcher.ts'
import { emitStep } from '../platform/steps.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import { openAside } from './aside.ts'
import type { SettleAside } from './aside.ts'
import { claimEnvelopes } from './claimEnvelopes.ts'
import type { ClaimedEnvelope } from './claimEnvelopes.ts'
import type { DeliveryEvents } from './events.ts'
import type { Task } from './inFlight.ts'
import { NOT_TRIED, offer } from './submitWithFailover.ts'
import type { FailoverRun, PendingTask } from './submitWithFailover.ts'
import { retryWithBackoff } from './retryWithBackoff.ts'
import { openSemaphore } from './room.ts'
import type { Room, Stay } from './room.ts'
import { settle, settleHeld } from './settle.ts'
import type { Settlement, Settled, EnvelopeSettlement } from './settle.ts'
import { openSlots } from './slots.ts'
import type { Slots } from './slots.ts'

export interface DeliverySettings {
  db: Db
  /** In order of preference, as this class reaches them. */
  operators: readonly Operator[]
  /** Operator calls at once, of all envelopes together. */
  callsMax: number
  /**
   * Further recipients are claimed while fewer than this wait for an operator's verdict. Those of one envelope are
   * claimed together, so that there may be up to 100 more.
   */
  recipientsMax: number
  /** Recipients of one transaction. */
  batchSizeMax: number
  /** Claims at once, and settlements at once: another begins when a full one waits. */
  lanes: number
  /** How long a message that no operator takes is tried again. */
  unavailableGraceMs: number
  events: DeliveryEvents
  operatorEvents: OperatorEvents
}

/**
 * Takes an envelope from claim to settlement. Once `stopping` is aborted no operator is called any more, and what has no
 * verdict is released to the outbox; before the claim it rejects with the signal's reason.
 */
export type Deliver = (envelope: Envelope, stopping?: AbortSignal) => Promise<void>

/**
 * Messages whose grace has passed without a verdict on them get a call of their own, as many of an envelope as begin
 * within this time; the rest follows at its next round.
 */
const ALONE_TIME_MS = 5_000

/** What the envelopes of one class in one process share: transactions by load, and the budget of operator calls. */
interface DeliveryContext extends DeliverySettings {
  claim: (envelope: Envelope) => Promise<ClaimedEnvelope>
  settle: (settlement: EnvelopeSettlement) => Promise<Settled>
  settleAside: SettleAside
  calls: Slots
  room: Room
}

/** One envelope on its way, in one process. */
interface Run extends DeliveryContext, Omit<FailoverRun, 'onVerdicts'> {
  claimedAtMs: number
  settling: Promise<void>[]
  /** Those of the envelope that wait for a verdict. */
  stay: Stay
}

/**
 * Opens the delivery of one class. Envelopes that arrive while a claim is in flight are claimed together by the next
 * one, and verdicts likewise settled.
 */
export function openDelivery(settings: DeliverySettings): Deliver {
  const { db, lanes: maxConcurrency, batchSizeMax: batchWeightMax } = settings
  const shared = { batchWeightMax, maxConcurrency, mayBeItemFault, begin: setImmediate }
  const weigh = ({ endings }: EnvelopeSettlement) => endings.length
  const claims = createBatcher<Envelope, ClaimedEnvelope>({
    ...shared,
    runBatch: (envelopes) => claimEnvelopes(db, envelopes),
    weigh: ({ ranges }) => countRecipients(ranges),
  })
  const settlements = createBatcher<EnvelopeSettlement, Settled>({
    ...shared,
    runBatch: (batch) => settle(db, batch),
    weigh,
  })
  const context: DeliveryContext = {
    ...settings,
    claim: (envelope) => claims.add(envelope),
    settle: (settlement) => settlements.add(settlement),
    settleAside: openAside({
      ...{ batchWeightMax, mayBeItemFault, weigh },
      run: (settlements, userId) => settleHeld(db, settlements, userId),
    }),
    calls: openSlots(settings.callsMax),
    room: openSemaphore(settings.recipientsMax),
  }
  return (envelope, stopping) => deliver(context, envelope, stopping)
}

/** A database that is away is away for all. A row that is held, or a value that is refused, is one envelope's. */
function mayBeItemFault(error: unknown): boolean {
  return !(error instanceof Unavailable || error instanceof CommitUnknown)
}

/**
 * Claims the free recipients, offers them to the operators in order, settles each as its verdict comes, and releases
 * what got none to the outbox. May run any number of times for the same envelope. @throws Unavailable, LockTimeout or
 * CommitUnknown while the database is away, or the reason for stopping: nothing was sent then.
 */
async function deliver(context: DeliveryContext, envelope: Envelope, stopping?: AbortSignal): Promise<void> {
  const stay = await context.room.enter(countRecipients(envelope.ranges), stopping)
  try {
    await claimAndOffer(context, envelope, { stay, ...(stopping && { stopping }) })
  } finally {
    stay.leave()
  }
}

async function claimAndOffer(
  context: DeliveryContext,
  envelope: Envelope,
  how: Pick<Run, 'stay' | 'stopping'>,
): Promise<void> {
  emitStep('delivery', 'received')
  const { tasks, inFlight, newlyMarked, claimedAtMs } = await context.claim(envelope)
  const { type } = envelope
  if (newlyMarked > 0) context.events.possibleDuplicates({ type, messages: newlyMarked })
  if (tasks.length === 0) return
  how.stay.leave(countRecipients(envelope.ranges) - tasks.length)
  const run: Run = { ...context, ...how, type, inFlight, claimedAtMs, settling: [] }
  const left = await offerTo(
    run,
    tasks.map((task) => ({ task, tried: NOT_TRIED, called: false, leasedAtMs: claimedAtMs })),
  )
  const last = await offerAlone(run, left)
  settleBeside(
    run,
    last.map((result) => conclude(run, result)),
  )
  await Promise.all(run.settling)
}

function offerTo(run: Run, tasks: PendingTask[]): Promise<PendingTask[]> {
  return offer({ ...run, onVerdicts: (verdicts) => settleBeside(run, verdicts) }, tasks)
}

/** One after the other: a call for each message of an envelope at once would take the whole budget of its class. */
async function offerAlone(run: Run, undecided: PendingTask[]): Promise<PendingTask[]> {
  const endsAtMs = performance.now() + ALONE_TIME_MS
  const left: PendingTask[] = []
  for (const result of undecided) {
    const isOverdue = result.called && !result.tried.isSpecificToMessage && isGraceOver(run, result.task)
    if (isOverdue && performance.now() < endsAtMs) left.push(...(await offerTo(run, [result])))
    else left.push(result)
  }
  return left
}

/** What follows for a task that no operator decided in this round. */
function conclude(run: Run, { task, tried, called }: PendingTask): Settlement {
  // The customer reads the reason in the ledger; what happened on the wire is not for them.
  if (tried.isSpecificToMessage && isGraceOver(run, task))
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
function settleBeside(run: Run, endings: Settlement[]): void {
  if (endings.length === 0) return
  emitStep('delivery', 'answered')
  run.stay.leave(endings.length)
  run.settling.push(settlePatiently(run, endings, run.settle))
}

/**
 * Endings of one envelope that the database refuses together are settled one by one, so that the one it will not have
 * keeps nobody else's verdict from being written; and refunds to a balance that is held, aside.
 */
async function settlePatiently(
  run: Run,
  endings: Settlement[],
  settle: DeliveryContext['settle'],
): Promise<void> {
  const { type, inFlight, events } = run
  const settled = await retryWithBackoff(
    () => settle({ inFlight, endings }),
    (error) => events.deliveryFailed({ type, step: 'settle', error }),
  )
  if (settled.kind === 'done') {
    const { endings, late, held } = settled.result
    if (endings.length > 0) events.settled({ type, endings })
    if (late.length > 0) events.late({ type, endings: late })
    const ofCustomers = Map.groupBy(held, ({ task }) => task.userId)
    const aside = [...ofCustomers].map(([userId, theirs]) =>
      settlePatiently(run, theirs, (settlement) => run.settleAside(userId, settlement)),
    )
    await Promise.all(aside)
  } else if (settled.kind === 'fault' && endings.length > 1) {
    for (const ending of endings) await settlePatiently(run, [ending], settle)
  } else {
    events.verdictLost({ type, endings })
  }
}
