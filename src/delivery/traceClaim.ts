import type { Envelope } from '../outbox/index.ts'
import { inStep } from '../platform/telemetry/index.ts'
import type { Outcomes } from '../platform/telemetry/index.ts'
import type { ClaimedEnvelope } from './claimEnvelopes.ts'

/** A claim is one step in the traces of all its envelopes. */
export function claimInStep(
  envelopes: Envelope[],
  claim: () => Promise<ClaimedEnvelope[]>,
): Promise<ClaimedEnvelope[]> {
  const traced = envelopes.flatMap(({ ranges }) => ranges)
  const attributes = {
    'messaging.system': 'rabbitmq',
    'messaging.operation.name': 'claim',
    'messaging.operation.type': 'process',
  }
  return inStep('claim', traced, { kind: 'consumer', attributes, outcomesOf }, claim)
}

function outcomesOf(claimed: ClaimedEnvelope[]): Outcomes {
  const tasks = Map.groupBy(
    claimed.flatMap(({ tasks }) => tasks),
    ({ smsIdentifier }) => smsIdentifier,
  )
  return (smsIdentifier) => ({ attributes: { 'chapar.claimed': tasks.get(smsIdentifier)?.length ?? 0 } })
}
