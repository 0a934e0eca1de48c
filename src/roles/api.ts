import type { ReadinessCheck, Route } from '../platform/http/index.ts'
import { readBalance, topUp } from '../ledger/index.ts'
import { balanceRoute } from '../ledger/routes/balance.ts'
import { topUpRoute } from '../ledger/routes/topUp.ts'
import { accept, createMessageEvents, readHistory } from '../messages/index.ts'
import { historyRoute } from '../messages/routes/history.ts'
import { sendRoute } from '../messages/routes/send.ts'
import type { SendRequest, Verdict } from '../messages/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import type { Foundation } from './foundation.ts'

/** The role that writes to MySQL and never speaks to the broker or to an operator. */
export function startApi(
  { config, pools, metrics, newId }: Foundation,
  onAccepted: (type: MessageClass) => void,
): { routes: Route[]; checks: ReadinessCheck[] } {
  const db = pools.requests
  const events = createMessageEvents(metrics.registry)
  const acceptOne = async (request: SendRequest): Promise<Verdict> => {
    const [verdict] = await accept(db, [{ ...request, smsIdentifier: newId() }], config.prices, newId).catch(
      (error: unknown) => {
        const kind = error instanceof Unavailable ? 'unavailable' : 'fault'
        events.decided({ type: request.type, recipients: request.recipients.length, verdict: kind })
        throw error
      },
    )
    if (!verdict) throw new Error('a request got no verdict')
    events.decided({ type: request.type, recipients: request.recipients.length, verdict: verdict.kind })
    if (verdict.kind === 'accepted') onAccepted(request.type)
    return verdict
  }
  const routes = [
    sendRoute(acceptOne, config.limits),
    historyRoute((query) => readHistory(db, query)),
    balanceRoute((query) => readBalance(db, query)),
    topUpRoute((request) => topUp(db, request, newId())),
  ]
  return { routes, checks: [] }
}
