import { FAILURE_REASONS, readUnknownAt } from '../../messages/index.ts'
import type { UnknownAt } from '../../messages/index.ts'
import type { Operator } from '../../operators/index.ts'
import { lostCall } from '../attemptLog.ts'
import type { Settlement } from '../effects.ts'
import { abandoned, ANY_OPERATOR, notTaken } from '../pendingTask.ts'
import type { PendingTask } from '../pendingTask.ts'
import type { FailoverRun } from '../failoverRun.ts'
import { withoutExpired } from '../withoutExpired.ts'
import { askOperators } from './askOperators.ts'
import type { Answers } from './askOperators.ts'
import { mayRepeat } from './mayRepeat.ts'

/** What may be done with messages that operators may have, after the operators were asked. */
export interface Resolved {
  /** They are submitted as if they had not been before. */
  notTaken: PendingTask[]
  /** They may be submitted again, marked. */
  repeatable: PendingTask[]
  /** They wait. */
  held: PendingTask[]
}

/** Resolves what earlier runs left: finds out which operators may have the messages first. */
export async function resolveDoubts(run: FailoverRun, tasks: PendingTask[]): Promise<Resolved> {
  const stored = tasks.map(({ task }) => task).filter(({ doubt }) => doubt === 'stored')
  try {
    const named = stored.length > 0 ? await readUnknownAt(run.db, stored) : new Map<string, UnknownAt>()
    return await resolveUnknown(
      run,
      tasks.map((pending) => placed(pending, named.get(pending.task.reference))),
    )
  } catch (error) {
    run.events.deliveryFailed({ type: run.type, step: 'ask', error })
    return { notTaken: [], repeatable: [], held: tasks.map(abandoned) }
  }
}

/** Where no attempt names an operator, one is stored for the next round that says: any operator may have it. */
function placed(pending: PendingTask, known: UnknownAt | undefined): PendingTask {
  const { task } = pending
  const nowMs = performance.now()
  if (!known && task.doubt === 'stored') task.calls.push(lostCall(nowMs))
  task.doubt = null
  const { providers, ageMs } = known ?? { providers: [ANY_OPERATOR], ageMs: 0 }
  return { ...pending, mayBeAt: providers, submittedAtMs: nowMs - ageMs }
}

/** Asks every operator that may have the messages and can be asked. What one has is settled as if it had just taken it. */
export async function resolveUnknown(run: FailoverRun, all: PendingTask[]): Promise<Resolved> {
  const tasks = withoutExpired(all, run.onResults)
  const answers = await askOperators(run, tasks, mayBeWith)
  const resolved: Resolved = { notTaken: [], repeatable: [], held: [] }
  const settlements: Settlement[] = []
  for (const pending of tasks) {
    const settlement = takenBy(run, pending, answers) ?? decide(run, pending, answers, resolved)
    if (settlement) settlements.push(settlement)
  }
  if (settlements.length > 0) run.onResults(settlements)
  return resolved
}

function mayBeWith({ mayBeAt }: PendingTask, { name }: Operator): boolean {
  return mayBeAt.includes(name) || mayBeAt.includes(ANY_OPERATOR)
}

function takenBy(run: FailoverRun, { task }: PendingTask, answers: Answers): Settlement | undefined {
  for (const operator of run.routed) {
    const partIds = task.partsTaken.get(operator.name)
    // The last part may have been answered late.
    if (partIds?.every((id) => id !== null))
      return { kind: 'done', task, operator, operatorMessageId: partIds[0] ?? null, partIds }
    const answer = answers.get(task.reference)?.get(operator.name)
    if (answer?.kind === 'taken')
      return { kind: 'done', task, operator, operatorMessageId: answer.operatorMessageId }
  }
  return undefined
}

/** @returns the settlement of a message that was submitted as often as it may be. */
function decide(
  run: FailoverRun,
  pending: PendingTask,
  answers: Answers,
  resolved: Resolved,
): Settlement | undefined {
  const { task } = pending
  const given = answers.get(task.reference)
  const mayHave = run.routed.filter(
    (operator) => mayBeWith(pending, operator) && given?.get(operator.name)?.kind !== 'not_taken',
  )
  const others = isElsewhere(run, pending) ? [undefined] : []
  if (mayHave.length + others.length === 0 && !pending.mayBeAt.includes(ANY_OPERATOR)) {
    resolved.notTaken.push(notTaken(pending))
    return undefined
  }
  const repeat = mayRepeatIn(run, pending, [...mayHave, ...others])
  if (repeat === 'never') {
    const isAsked = (given?.size ?? 0) > 0
    const canBeAsked = mayHave.some(({ adapter }) => adapter.query)
    resolved.held.push({ ...pending, held: isAsked ? 'asked' : canBeAsked ? 'not_asked' : 'silent' })
    return undefined
  }
  if (task.unconfirmed >= run.unknownSubmissionsMax)
    return { kind: 'failed', task, provider: '', reason: FAILURE_REASONS.unconfirmed }
  resolved.repeatable.push(repeat === 'anywhere' ? pending : { ...pending, ...repeat })
  return undefined
}

/** Where none has it of all that are in the route now, it may still be a repeat: a lost run may have had another route. */
function mayRepeatIn(
  run: FailoverRun,
  { task }: PendingTask,
  mayHave: readonly (Operator | undefined)[],
): ReturnType<typeof mayRepeat> {
  if (mayHave.length === 0 && task.onUnknown !== 'hold') return 'anywhere'
  return mayRepeat(task, run.type, mayHave)
}

/** Whether an operator may have it of which nothing can be found out: it is drained, or no longer in the route. */
function isElsewhere({ routed, operatorsTotal }: FailoverRun, { mayBeAt }: PendingTask): boolean {
  return mayBeAt.some((name) =>
    name === ANY_OPERATOR
      ? routed.length < operatorsTotal
      : !routed.some((operator) => operator.name === name),
  )
}
