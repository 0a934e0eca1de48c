import type { StoredAttempt } from '../messages/index.ts'
import type { Attempt, QueryAnswer } from '../operators/index.ts'
import type { Decision, Settlement } from './effects.ts'
import type { Call, Task } from './inFlight.ts'

/** Adds a submission to a task. Throttling is no attempt: it says nothing of the message, and may repeat many times. */
export function noteCall(
  task: Task,
  attempt: Attempt,
  call: Pick<Call, 'provider' | 'routeReason' | 'startedAtMs' | 'isHedge'>,
): void {
  const { result, called } = attempt
  if (!called || result.kind === 'throttled') return
  const reason = 'reason' in result ? result.reason : ''
  const durationMs = performance.now() - call.startedAtMs
  task.calls.push({ ...call, result: result.kind, reason, durationMs })
}

/** Of a run that ended without storing its result: it may have submitted the message to any operator of its route. */
export function lostCall(claimedAtMs: number): Call {
  return {
    ...{ provider: '', result: 'unknown', reason: LOST_REASON, routeReason: '' },
    ...{ startedAtMs: claimedAtMs, durationMs: 0 },
  }
}

const LOST_REASON = 'may have been submitted by a process that ended without storing the result'

/** Adds an operator's answer to the question for the state of the message. */
export function noteAnswer(
  task: Task,
  answer: QueryAnswer,
  call: Pick<Call, 'provider' | 'routeReason' | 'startedAtMs'>,
): void {
  task.calls.push({ ...call, ...describeAnswer(answer), durationMs: performance.now() - call.startedAtMs })
}

function describeAnswer(answer: QueryAnswer): Pick<Call, 'result' | 'reason'> {
  switch (answer.kind) {
    case 'taken':
      return { result: 'accepted', reason: 'asked: it has the message' }
    case 'not_taken':
      return { result: 'unavailable', reason: 'asked: it does not have the message' }
    case 'not_known':
      return { result: 'asked', reason: answer.reason }
  }
}

/** @returns the attempts that a settlement stores: all but a first one that succeeded. */
export function attemptsToStore(
  { task }: Settlement,
  decision: Decision | { kind: 'blocked' },
): StoredAttempt[] {
  if (decision.kind === 'stored' || decision.kind === 'blocked') return []
  const [first, ...others] = task.calls
  const isFirstSuccess = task.attempts === 1 && others.length === 0 && first?.result === 'accepted'
  if (isFirstSuccess && !first.isHedge && decision.kind === 'apply') return []
  return toStoredAttempts(task)
}

/** All submissions of a task since it was claimed, in the order of their answers. */
export function toStoredAttempts({
  smsIdentifier,
  recipientNo,
  attempts: attempt,
  calls,
}: Task): StoredAttempt[] {
  const nowMs = performance.now()
  return calls.map(({ startedAtMs, ...call }, index) => {
    const callNo = index + 1
    return { smsIdentifier, recipientNo, attempt, callNo, ...call, startedAgoMs: nowMs - startedAtMs }
  })
}
