import type { Route } from '../../platform/http/index.ts'
import type { ReceiptActions } from './actions.ts'
import { adminReceiptsRoute } from './adminReceipts.ts'
import { operatorReceiptsRoutes } from './operatorReceipts.ts'
import { twilioCallbackRoute } from './twilioCallback.ts'

export type { ReceiptActions } from './actions.ts'

/** What operators call, and what shows the receipts that matched nothing. */
export function receiptRoutes(actions: ReceiptActions): Route[] {
  return [...operatorReceiptsRoutes(actions), twilioCallbackRoute(actions), adminReceiptsRoute(actions)]
}
