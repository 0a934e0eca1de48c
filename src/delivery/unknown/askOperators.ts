import { ask } from '../../operators/index.ts'
import type { Operator, QueryAnswer } from '../../operators/index.ts'
import type { Permit } from '../../platform/semaphore.ts'
import { noteAnswer } from '../attemptLog.ts'
import type { PendingTask } from '../pendingTask.ts'
import type { FailoverRun } from '../failoverRun.ts'
import { leavesRoom } from '../lease.ts'
import { toSubmission } from '../toSubmission.ts'

/** Below the room that a lease leaves after a call that was never answered. */
const QUESTION_TIMEOUT_MS = 2_000
/** What it says is settled within the lease too. */
const SETTLE_MS = 1_000

/**
 * An operator's answer that it does not have a message counts this long after the last call: a call that timed out may
 * still reach it (decision 0034).
 */
export const NOT_TAKEN_AFTER_MS = 60_000
const TOO_EARLY: QueryAnswer = {
  kind: 'not_known',
  reason: 'it does not have the message, which may still be on its way',
}

/** By reference and operator; without an entry where the operator was not asked. */
export type Answers = Map<string, Map<string, QueryAnswer>>

/** Asks each operator of the route that can be asked about the messages that it may have, all at once. */
export async function askOperators(
  run: FailoverRun,
  tasks: readonly PendingTask[],
  mayHave: (pending: PendingTask, operator: Operator) => boolean,
): Promise<Answers> {
  const answers: Answers = new Map(tasks.map(({ task }) => [task.reference, new Map<string, QueryAnswer>()]))
  const questions = run.routed.flatMap((operator) => {
    if (!operator.adapter.query) return []
    const theirs = tasks.filter((pending) => mayHave(pending, operator))
    return inBatches(theirs, operator.adapter.batchSizeMax).map((batch) =>
      askOne(run, operator, batch, answers),
    )
  })
  await Promise.all(questions)
  return answers
}

async function askOne(
  run: FailoverRun,
  operator: Operator,
  batch: PendingTask[],
  answers: Answers,
): Promise<void> {
  let permit: Permit
  try {
    permit = await run.questions.acquire(1, run.stopping)
  } catch {
    return
  }
  try {
    const startedAtMs = performance.now()
    if (!leavesRoom(run.claimedAtMs, startedAtMs, QUESTION_TIMEOUT_MS + SETTLE_MS)) return
    const submissions = batch.map(({ task }) => toSubmission(task, operator))
    const traced = batch.map(({ task }) => task)
    const options = { timeoutMs: QUESTION_TIMEOUT_MS, events: run.operatorEvents, traced }
    const given = await ask(operator, submissions, options)
    for (const [position, said] of given?.entries() ?? []) {
      const pending = batch[position]
      if (!pending) continue
      const { task, submittedAtMs } = pending
      const isEarly = startedAtMs - submittedAtMs < NOT_TAKEN_AFTER_MS
      const answer = said.kind === 'not_taken' && isEarly ? TOO_EARLY : said
      answers.get(task.reference)?.set(operator.name, answer)
      noteAnswer(task, answer, { provider: operator.name, routeReason: run.routeReason, startedAtMs })
    }
  } finally {
    permit.release()
  }
}

function inBatches<T>(items: readonly T[], size: number): T[][] {
  const batches: T[][] = []
  for (let start = 0; start < items.length; start += size) batches.push(items.slice(start, start + size))
  return batches
}
