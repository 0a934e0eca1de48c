import { startStep } from '../platform/telemetry/index.ts'
import type { Outcome } from '../platform/telemetry/index.ts'
import type { Traced } from '../primitives/traceparent.ts'
import type { Breaker } from './breaker.ts'
import { resultOf } from './callResult.ts'
import type { CallResult } from './contract.ts'

/** One call of an operator as a step in the traces of its messages, each with what the call says of it. */
export async function submitTraced(
  { name, breaker }: { name: string; breaker: Pick<Breaker, 'state'> },
  traced: readonly Traced[],
  submit: () => Promise<CallResult>,
): Promise<CallResult> {
  const step = startStep(`submit ${name}`, traced, {
    kind: 'client',
    attributes: {
      'chapar.operator': name,
      'chapar.breaker': breaker.state(),
      'messaging.batch.message_count': traced.length,
    },
  })
  const result = await step.during(submit)
  step.end((smsIdentifier) => outcomeOf(result, traced, smsIdentifier))
  return result
}

/** Of a request with several recipients in the call, each result once. */
function outcomeOf(result: CallResult, traced: readonly Traced[], smsIdentifier: string): Outcome {
  const kinds = traced.flatMap((each, position) =>
    each.smsIdentifier === smsIdentifier ? resultOf(result, position, traced.length).kind : [],
  )
  const distinct = [...new Set(kinds)]
  return {
    attributes: { 'chapar.result': distinct.join(', '), 'chapar.recipients': kinds.length },
    error: distinct.find((kind) => kind !== 'accepted'),
  }
}
