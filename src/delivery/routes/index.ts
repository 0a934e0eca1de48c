import type { Route } from '../../platform/http/index.ts'
import { cancelRoute } from './cancel.ts'
import type { CancelMessage, ReadMessageStatus } from './cancel.ts'
import { cancelBulkRoute } from './cancelBulk.ts'
import type { CancelBulk, ReadBulkMode } from './cancelBulk.ts'

/** What the routes of delivery need. */
export interface DeliveryActions {
  cancel: CancelMessage
  cancelBulk: CancelBulk
  readBulk: ReadBulkMode
  readMessage: ReadMessageStatus
}

export function deliveryRoutes({ cancel, cancelBulk, readBulk, readMessage }: DeliveryActions): Route[] {
  return [cancelRoute(cancel, readMessage), cancelBulkRoute(cancelBulk, readBulk)]
}
