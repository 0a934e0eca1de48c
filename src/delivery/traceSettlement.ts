import { inStep } from '../platform/telemetry/index.ts'
import type { Outcomes } from '../platform/telemetry/index.ts'
import type { RunSettlement, Settled } from './settle.ts'

/** A settlement is one step in the traces of all its recipients. */
export function settleInStep(items: RunSettlement[], settle: () => Promise<Settled[]>): Promise<Settled[]> {
  const traced = items.flatMap(({ settlements }) => settlements.map(({ task }) => task))
  return inStep('settle', traced, { outcomesOf }, settle)
}

function outcomesOf(settled: Settled[]): Outcomes {
  const all = settled.flatMap(({ settled, stale, blocked }) => [
    ...settled.map(({ kind, task }) => ({ task, result: kind })),
    ...stale.map(({ task }) => ({ task, result: 'stale' })),
    ...blocked.map(({ task }) => ({ task, result: 'blocked' })),
  ])
  const byRequest = Map.groupBy(all, ({ task }) => task.smsIdentifier)
  return (smsIdentifier) => {
    const ofRequest = byRequest.get(smsIdentifier) ?? []
    const results = [...new Set(ofRequest.map(({ result }) => result))]
    const refund = ofRequest.reduce(
      (sum, { task, result }) => sum + (result === 'failed' ? task.price : 0),
      0,
    )
    return {
      attributes: {
        'chapar.result': results.join(', '),
        'chapar.recipients': ofRequest.length,
        ...(refund > 0 && { 'chapar.refund': refund }),
      },
    }
  }
}
