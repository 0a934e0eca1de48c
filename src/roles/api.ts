import type { ReadinessCheck, Route } from '../platform/http/index.ts'
import { readBalance, topUp } from '../ledger/index.ts'
import { balanceRoute } from '../ledger/routes/balance.ts'
import { topUpRoute } from '../ledger/routes/topUp.ts'
import { createMessageEvents, openShards, readHistory } from '../messages/index.ts'
import { historyRoute } from '../messages/routes/history.ts'
import { sendRoute } from '../messages/routes/send.ts'
import type { Accept } from '../messages/index.ts'
import { openVirtualTime } from '../outbox/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import type { SharedResources } from './sharedResources.ts'

/** The role that writes to MySQL and never speaks to the broker or to an operator. */
export function startApi(
  { config, pools, metrics, newId }: SharedResources,
  onAccepted: (type: MessageClass) => void,
): { routes: Route[]; checks: ReadinessCheck[] } {
  const db = pools.requests
  const events = createMessageEvents(metrics.registry)
  const { prices, acceptLanes: shards, batchSizeMax } = config
  const accept = openShards({
    ...{ db, prices, newId, shards, batchSizeMax, events },
    virtualTime: openVirtualTime(),
    normalOrder: config.normalOrder,
  })
  const acceptOne: Accept = async (request, isGone) => {
    const fact = { type: request.type, recipients: request.recipients.length }
    try {
      const verdict = await accept(request, isGone)
      events.decided({ ...fact, verdict: verdict.kind })
      if (verdict.kind === 'accepted') onAccepted(request.type)
      return verdict
    } catch (error) {
      events.decided({ ...fact, verdict: error instanceof Unavailable ? 'unavailable' : 'fault' })
      throw error
    }
  }
  const routes = [
    sendRoute(acceptOne, config.limits),
    historyRoute((query) => readHistory(db, query)),
    balanceRoute((query) => readBalance(db, query)),
    topUpRoute((request) => topUp(db, request, newId())),
  ]
  return { routes, checks: [] }
}
