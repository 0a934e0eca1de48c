import { startStep } from '../platform/telemetry/index.ts'
import type { Outcomes } from '../platform/telemetry/index.ts'
import type { Traced } from '../primitives/traceparent.ts'
import type { Operator } from './attempt.ts'
import type { QueryAnswer, Submission } from './contract.ts'
import type { OperatorEvents } from './events.ts'

export interface AskOptions {
  timeoutMs: number
  events: Pick<OperatorEvents, 'operatorAsked'>
  /** The traces of the batch, by position. */
  traced?: readonly Traced[]
}

/**
 * Asks an operator for the states of a batch (at most the adapter's `batchSizeMax`) and never rejects. A question needs
 * the breaker's and the pace's leave, but only a probe counts for the breaker: a status route that fails alone must not
 * keep messages from the operator.
 * @returns by position; undefined when the operator was not asked.
 */
export async function ask(
  { name, adapter, breaker, pace }: Pick<Operator, 'name' | 'adapter' | 'breaker' | 'pace'>,
  batch: Submission[],
  { timeoutMs, events, traced = [] }: AskOptions,
): Promise<QueryAnswer[] | undefined> {
  if (!adapter.query || !breaker.isAdmitting()) return undefined
  const startMs = performance.now()
  if (!(await pace.acquire(timeoutMs / 2))) return undefined
  const ticket = breaker.admit()
  if (!ticket) return undefined
  const leftMs = timeoutMs - (performance.now() - startMs)
  const step = startStep(`ask ${name}`, traced, {
    kind: 'client',
    attributes: { 'chapar.operator': name, 'chapar.breaker': breaker.state() },
  })
  const { query } = adapter
  const answered = await step
    .during(() => query(batch, leftMs))
    .catch((error: unknown) => ({ fault: String(error) }))
  step.end(outcomesOf(answered, traced))
  if (ticket.probe) await breaker.record(ticket, 'fault' in answered)
  const answers = batch.map((_, position): QueryAnswer => {
    if ('fault' in answered) return { kind: 'not_known', reason: answered.fault }
    return answered[position] ?? { kind: 'not_known', reason: 'no answer from the adapter' }
  })
  events.operatorAsked({ operator: name, answers: answers.map(({ kind }) => kind) })
  return answers
}

function outcomesOf(answered: QueryAnswer[] | { fault: string }, traced: readonly Traced[]): Outcomes {
  if ('fault' in answered) return { error: 'fault' }
  return (smsIdentifier) => {
    const position = traced.findIndex((each) => each.smsIdentifier === smsIdentifier)
    return { attributes: { 'chapar.result': answered[position]?.kind } }
  }
}
