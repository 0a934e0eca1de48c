import { TEST_OPERATOR } from '../operators/index.ts'
import type { HealthFollower } from '../operators/index.ts'
import type { Part } from '../platform/lifecycle.ts'
import { keepApplying, keepRemovingOrphans, observeWaiting } from '../receipts/index.ts'
import type { ReceiptEvents } from '../receipts/index.ts'
import type { SharedResources } from './sharedResources.ts'

/** Applies receipts where an operator sends some: a consumer knows the operators, and counts what they deliver. */
export function startReceipts(
  { pools, newId, metrics, receipts, deadlines }: SharedResources,
  health: Pick<HealthFollower, 'noteDelivery'>,
): Part[] {
  if (!receipts.areTaken) return []
  observeWaiting(metrics.registry, pools.requests)
  const { sources, priceOf } = receipts
  const context = {
    db: pools.work.normal,
    newId,
    sources,
    priceOf,
    deadlines,
    events: counting(receipts.events, health),
  }
  const applying = keepApplying(context)
  const removing = keepRemovingOrphans(context)
  receipts.onStored(() => applying.wake())
  return [
    { name: 'receipts', takesWork: true, close: () => applying.close() },
    { name: 'listed receipts', takesWork: true, close: () => removing.close() },
  ]
}

function counting(events: ReceiptEvents, health: Pick<HealthFollower, 'noteDelivery'>): ReceiptEvents {
  return {
    ...events,
    applied(fact) {
      events.applied(fact)
      for (const { operator, recipient, status } of fact.decided)
        if (operator !== TEST_OPERATOR) health.noteDelivery(operator, recipient, status)
    },
  }
}
