import { openLockedAccountQueue } from '../ledger/index.ts'
import { countRecipients } from '../outbox/index.ts'
import type { Envelope } from '../outbox/index.ts'
import { createBatcher } from '../platform/batcher.ts'
import { LockTimeout } from '../platform/db/index.ts'
import { openSemaphore } from '../platform/semaphore.ts'
import { claimEnvelopes } from './claimEnvelopes.ts'
import type { ClaimedEnvelope } from './claimEnvelopes.ts'
import { openClaimGate } from './claimGate.ts'
import { isOutage } from './faults.ts'
import type { DeliveryContext, DeliverySettings } from './deliveryContext.ts'
import type { BlockedSettlement } from './persist.ts'
import { openHedging } from './hedge/hedging.ts'
import { runEnvelope } from './runEnvelope.ts'
import { settle, settleBlocked } from './settle.ts'
import type { RunSettlement, Settled } from './settle.ts'
import { claimInStep } from './traceClaim.ts'
import { settleInStep } from './traceSettlement.ts'

/**
 * Takes an envelope from claim to settlement. Once `stopping` is aborted no operator is called any more, and what has no
 * result is released to the outbox; before the claim it rejects with the signal's reason.
 */
export type Deliver = (envelope: Envelope, stopping?: AbortSignal) => Promise<void>

/**
 * Customers with a locked balance that are waited for at once: each takes a database connection of the class for the
 * time of a lock wait.
 */
const LOCKED_ACCOUNTS_MAX = 2

/**
 * A full envelope of 100 recipients lets small ones pass for half a second, so that they do not wait for the envelopes
 * in memory of a customer with many messages.
 */
const YIELD_MS = 5

/** Questions are rare: few at once leave an operator's connections to its messages. */
const QUESTIONS_MAX = 4

/**
 * Opens the delivery of one class. Envelopes that arrive while a claim is in flight share the next one, and results share
 * settlements likewise.
 */
export function openDelivery(settings: DeliverySettings): Deliver {
  const { concurrency: maxConcurrency, batchSizeMax: batchWeightMax } = settings
  const gate = openClaimGate()
  const shared = { batchWeightMax, maxConcurrency, mayBeItemFault, begin: setImmediate }
  const weigh = ({ settlements }: RunSettlement) => Math.max(1, settlements.length)
  const claims = createBatcher<Envelope, ClaimedEnvelope>({
    ...shared,
    runBatch: async (envelopes) => {
      await gate.pass()
      return claimInStep(envelopes, () => claimEnvelopes(settings.db, envelopes, settings))
    },
    weigh: ({ ranges }) => countRecipients(ranges),
    yieldMs: YIELD_MS,
  })
  const settlements = createBatcher<RunSettlement, Settled>({
    ...shared,
    runBatch: (items) => settleInStep(items, () => settle(settings, items)),
    weigh,
  })
  const deferredSettlements = openLockedAccountQueue<BlockedSettlement, Settled>({
    ...{ batchWeightMax, weigh, userIdOf, maxConcurrency: LOCKED_ACCOUNTS_MAX },
    isLocked: ({ blocked }) => blocked.length > 0,
    // A balance that is still locked blocks all items of its customer.
    mayBeItemFault: (error) => !(error instanceof LockTimeout) && mayBeItemFault(error),
    runBatch: (items) =>
      settleInStep(items, () => settleBlocked(settings, items, items[0] ? userIdOf(items[0]) : 0)),
  })
  const context: DeliveryContext = {
    ...settings,
    gate,
    claim: (envelope) => claims.add(envelope),
    settle: (item) => settlements.add(item),
    settleBlocked: (item) => deferredSettlements.add(item),
    calls: openSemaphore(settings.callsMax),
    questions: openSemaphore(QUESTIONS_MAX),
    ...(settings.type === 'express' && { hedging: openHedging(settings.hedgeAfter) }),
    testCalls: openSemaphore(settings.callsMax),
    recipients: openSemaphore(settings.recipientsInFlightMax),
  }
  settings.onOpened?.(settings.type, context)
  return (envelope, stopping) => runEnvelope(context, envelope, stopping)
}

function userIdOf({ userId }: BlockedSettlement): number {
  return userId
}

/** An outage affects every item. A locked row, or a value that is refused, is one item's. */
function mayBeItemFault(error: unknown): boolean {
  return !isOutage(error)
}
