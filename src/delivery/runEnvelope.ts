import { countRecipients } from '../outbox/index.ts'
import type { Envelope } from '../outbox/index.ts'
import { emitStep } from '../platform/steps.ts'
import type { Permit } from '../platform/semaphore.ts'
import type { ClaimedEnvelope } from './claimEnvelopes.ts'
import type { DeliveryContext } from './deliveryContext.ts'
import type { Settlement } from './effects.ts'
import type { InFlight, Task } from './inFlight.ts'
import { toPending } from './pendingTask.ts'
import type { PendingTask } from './pendingTask.ts'
import { persist } from './persist.ts'
import { isGraceOver, retryOrFail } from './retryOrFail.ts'
import { submitWithFailover } from './submitWithFailover.ts'

/** For this long, overdue messages are submitted one per call; the rest waits for the next run. */
const SINGLE_CALLS_MS = 5_000

/** One envelope in flight, in one process. */
interface EnvelopeRun extends DeliveryContext {
  inFlight: InFlight
  claimedAtMs: number
  /** Settlements that are being stored. */
  settling: Promise<void>[]
  /** Recipients of the envelope that wait for a result. */
  permit: Permit
  stopping?: AbortSignal
}

/**
 * Claims the free recipients, submits them to the operators in order, settles each as its result arrives, and releases
 * the rest to the outbox. May run any number of times for the same envelope. @throws Unavailable, LockTimeout or
 * CommitUnknown while the database is unavailable, or the reason for stopping: nothing was sent then.
 */
export async function runEnvelope(
  context: DeliveryContext,
  envelope: Envelope,
  stopping?: AbortSignal,
): Promise<void> {
  await context.gate.pass(stopping)
  const recipients = countRecipients(envelope.ranges)
  const permit = await context.recipients.acquire(recipients, stopping)
  try {
    emitStep('delivery', 'received')
    const claimed = await context.claim(envelope)
    reportClaim(context, claimed)
    const { tasks, inFlight, claimedAtMs } = claimed
    if (tasks.length === 0) return
    permit.release(recipients - tasks.length)
    await submitAndSettle(
      { ...context, inFlight, claimedAtMs, permit, settling: [], ...(stopping && { stopping }) },
      tasks,
    )
  } finally {
    permit.release()
  }
}

function reportClaim(
  { type, events }: DeliveryContext,
  { newlyMarked, takenOver, quarantined, tasks }: ClaimedEnvelope,
): void {
  if (takenOver > 0) events.leasesTakenOver({ type, messages: takenOver, first: tasks[0] })
  if (newlyMarked > 0) events.possibleDuplicates({ type, messages: newlyMarked })
  if (quarantined.length > 0) events.quarantined({ type, cause: 'attempts_used_up', recipients: quarantined })
}

async function submitAndSettle(run: EnvelopeRun, tasks: Task[]): Promise<void> {
  const pending = tasks.map((task) => toPending(task, run.claimedAtMs))
  const left = await submitOverdueAlone(run, await submit(run, pending))
  settleBeside(run, concludeAll(run, left))
  await Promise.all(run.settling)
  // Two settlements that met in different transactions may each have left the envelope's row to the other.
  if (!run.inFlight.isFinished && run.inFlight.unsettled.size === 0) await persist(run, run.inFlight, [])
}

function submit(run: EnvelopeRun, tasks: PendingTask[]): Promise<PendingTask[]> {
  return submitWithFailover({ ...run, onResults: (results) => settleBeside(run, results) }, tasks)
}

/** One after the other: a call for each message of an envelope at once would take the whole budget of its class. */
async function submitOverdueAlone(run: EnvelopeRun, tasks: PendingTask[]): Promise<PendingTask[]> {
  const endsAtMs = performance.now() + SINGLE_CALLS_MS
  const left: PendingTask[] = []
  for (const each of tasks) {
    const isOverdue = each.answer && !each.answer.isSpecificToMessage && isGraceOver(each.task, run)
    if (isOverdue && performance.now() < endsAtMs)
      left.push(...(await submit(run, [{ ...each, refusals: 0 }])))
    else left.push(each)
  }
  return left
}

function concludeAll(run: EnvelopeRun, tasks: PendingTask[]): Settlement[] {
  // An operator whose breaker is open is ready for nothing, whatever its pace says.
  const admitting = run.operators.filter(({ breaker }) => breaker.isAdmitting())
  const readyInMs = Math.ceil(Math.min(...admitting.map(({ pace }) => pace.readyAtMs())) - performance.now())
  return tasks.map((each) =>
    retryOrFail(each, {
      operators: run.operators.length,
      isGraceOver: isGraceOver(each.task, run),
      readyInMs,
    }),
  )
}

/** Settles without holding up what is in flight; the run waits for all of them at its end. */
function settleBeside(run: EnvelopeRun, settlements: Settlement[]): void {
  if (settlements.length === 0) return
  emitStep('delivery', 'answered')
  run.permit.release(settlements.length)
  run.settling.push(persist(run, run.inFlight, settlements))
}
