import type { Part } from '../platform/lifecycle.ts'
import { keepApplying, keepRemovingOrphans, observeWaiting } from '../receipts/index.ts'
import type { SharedResources } from './sharedResources.ts'

/** Applies receipts where an operator sends some: a consumer knows the operators. */
export function startReceipts({ pools, newId, metrics, receipts }: SharedResources): Part[] {
  if (!receipts.areTaken) return []
  observeWaiting(metrics.registry, pools.requests)
  const context = { db: pools.work.normal, newId, sources: receipts.sources, events: receipts.events }
  const applying = keepApplying(context)
  const removing = keepRemovingOrphans(context)
  receipts.onStored(() => applying.wake())
  return [
    { name: 'receipts', takesWork: true, close: () => applying.close() },
    { name: 'listed receipts', takesWork: true, close: () => removing.close() },
  ]
}
