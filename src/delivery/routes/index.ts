import type { Route } from '../../platform/http/index.ts'
import { cancelRoute } from './cancel.ts'
import type { CancelMessage, ReadMessageStatus } from './cancel.ts'

/** What the routes of delivery need. */
export interface DeliveryActions {
  cancel: CancelMessage
  readMessage: ReadMessageStatus
}

export function deliveryRoutes({ cancel, readMessage }: DeliveryActions): Route[] {
  return [cancelRoute(cancel, readMessage)]
}
