import type { Operator } from './attempt.ts'
import type { QueryAnswer, Submission } from './contract.ts'
import type { OperatorEvents } from './events.ts'

export interface AskOptions {
  timeoutMs: number
  events: Pick<OperatorEvents, 'operatorAsked'>
}

/**
 * Asks an operator what became of a batch (at most the adapter's `batchSizeMax`). A question needs the breaker's and the
 * pace's leave, as a submission does, but only a probe counts for the breaker: a status route that fails alone must not
 * keep messages from the operator. Never rejects. @returns by position; undefined when the operator was not asked.
 */
export async function ask(
  { name, adapter, breaker, pace }: Pick<Operator, 'name' | 'adapter' | 'breaker' | 'pace'>,
  batch: Submission[],
  { timeoutMs, events }: AskOptions,
): Promise<QueryAnswer[] | undefined> {
  if (!adapter.query || !breaker.isAdmitting()) return undefined
  const startMs = performance.now()
  if (!(await pace.acquire(timeoutMs / 2))) return undefined
  const ticket = breaker.admit()
  if (!ticket) return undefined
  const leftMs = timeoutMs - (performance.now() - startMs)
  const answered = await adapter.query(batch, leftMs).catch((error: unknown) => ({ fault: String(error) }))
  if (ticket.probe) await breaker.record(ticket, 'fault' in answered)
  const answers = batch.map((_, position): QueryAnswer => {
    if ('fault' in answered) return { kind: 'not_known', reason: answered.fault }
    return answered[position] ?? { kind: 'not_known', reason: 'no answer from the adapter' }
  })
  events.operatorAsked({ operator: name, answers: answers.map(({ kind }) => kind) })
  return answers
}
