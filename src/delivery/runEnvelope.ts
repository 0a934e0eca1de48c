import { FAILURE_REASONS } from '../messages/index.ts'
import type { Operator } from '../operators/index.ts'
import { countRecipients } from '../outbox/index.ts'
import type { Envelope } from '../outbox/index.ts'
import { emitStep } from '../platform/steps.ts'
import type { Permit } from '../platform/semaphore.ts'
import type { ClaimedEnvelope } from './claimEnvelopes.ts'
import type { DeliveryContext } from './deliveryContext.ts'
import type { Settlement } from './effects.ts'
import { groupByHolder } from './holders.ts'
import type { InFlight, Task } from './inFlight.ts'
import { toPending } from './pendingTask.ts'
import type { PendingTask } from './pendingTask.ts'
import { persist } from './persist.ts'
import { isLastAttempt, retryOrFail } from './retryOrFail.ts'
import { submitWithFailover } from './submitWithFailover.ts'

/** For this long, messages are submitted one per call in their last attempt; the rest waits for the next run. */
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
  { takenOver, quarantined, tasks }: ClaimedEnvelope,
): void {
  if (tasks.length > 0)
    events.claimed({ type, ageMs: performance.now() - Math.min(...tasks.map(acceptedAtMs)) })
  if (takenOver > 0) events.leasesTakenOver({ type, messages: takenOver, first: tasks[0] })
  if (quarantined.length > 0) events.quarantined({ type, cause: 'attempts_used_up', recipients: quarantined })
}

function acceptedAtMs(task: Task): number {
  return task.acceptedAtMs
}

/** The messages of an envelope that go to the same operators. */
interface RoutedRun extends EnvelopeRun {
  /** In order of preference. */
  operators: readonly Operator[]
  /** With the drained ones, which are not called at the moment. */
  operatorsTotal: number
  /** Why they, for people. */
  routeReason: string
}

/** A merged envelope may have live and test messages: each kind has operators of its own. */
async function submitAndSettle(run: EnvelopeRun, tasks: Task[]): Promise<void> {
  const live = tasks.filter(({ isTest }) => !isTest)
  const test = tasks.filter(({ isTest }) => isTest)
  const ofTest = {
    ...{ ...run, operators: run.testOperators, operatorsTotal: run.testOperators.length },
    ...{ calls: run.testCalls, routeReason: 'a test key', health: null },
  }
  await Promise.all([
    ...run.route(live).map(({ messages, operators, operatorsTotal, reason }) => {
      const routed = { ...run, operators, operatorsTotal, routeReason: reason }
      return submitAll(routed, messages, FAILURE_REASONS.noRoute)
    }),
    submitAll(ofTest, test, FAILURE_REASONS.noTestOperator),
  ])
  await Promise.all(run.settling)
  // Two settlements that met in different transactions may each have left the envelope's row to the other.
  if (!run.inFlight.isFinished && run.inFlight.unsettled.size === 0) await persist(run, run.inFlight, [])
}

/** Submits to the operators of the run, and decides what is left. Without an operator they fail, refunded. */
async function submitAll(run: RoutedRun, tasks: Task[], withoutOperator: string): Promise<void> {
  if (run.operatorsTotal === 0)
    return settleBeside(
      run,
      tasks.map((task) => ({ kind: 'failed', task, provider: '', reason: withoutOperator })),
    )
  const pending = tasks.map((task) => toPending(task, run.claimedAtMs))
  const left = await submitLastAlone(run, await submit(run, pending))
  settleBeside(run, concludeAll(run, left))
}

async function submit(run: RoutedRun, all: PendingTask[]): Promise<PendingTask[]> {
  const onResults = (results: Settlement[]) => settleBeside(run, results)
  const left = await Promise.all(
    groupByHolder(run.type, run.operators, all).map(({ operators, tasks }) =>
      submitWithFailover({ ...run, routed: run.operators, operators, onResults }, tasks),
    ),
  )
  return left.flat()
}

/** One after the other: a call for each message of an envelope at once would take the whole budget of its class. */
async function submitLastAlone(run: RoutedRun, tasks: PendingTask[]): Promise<PendingTask[]> {
  const endsAtMs = performance.now() + SINGLE_CALLS_MS
  const left: PendingTask[] = []
  for (const each of tasks) {
    const isUndecided =
      !each.held && each.answer && !each.answer.isSpecificToMessage && isLastAttempt(each.task, run.retry)
    if (isUndecided && performance.now() < endsAtMs)
      left.push(...(await submit(run, [{ ...each, refusals: 0 }])))
    else left.push(each)
  }
  return left
}

function concludeAll(run: RoutedRun, tasks: PendingTask[]): Settlement[] {
  // An operator whose breaker is open is ready for nothing, whatever its pace says.
  const admitting = run.operators.filter(({ breaker }) => breaker.isAdmitting())
  const readyAtMs = admitting.map(({ pace, throughput }) =>
    Math.max(pace.readyAtMs(), throughput?.readyAtMs() ?? -Infinity),
  )
  const nowMs = performance.now()
  const readyInMs = Math.ceil(Math.min(...readyAtMs) - nowMs)
  const { operatorsTotal: operators, retry, random = Math.random } = run
  const options = { operators, retry, random: random(), readyInMs, nowMs }
  return tasks.map((each) => retryOrFail(each, options))
}

/** Settles without holding up what is in flight; the run waits for all of them at its end. */
function settleBeside(run: EnvelopeRun, settlements: Settlement[]): void {
  if (settlements.length === 0) return
  emitStep('delivery', 'answered')
  run.permit.release(settlements.length)
  run.settling.push(persist(run, run.inFlight, settlements))
}
