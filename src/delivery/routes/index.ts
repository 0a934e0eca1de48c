import type { Route } from '../../platform/http/index.ts'
import { cancelRoute } from './cancel.ts'
import type { CancelMessage } from './cancel.ts'

/** What the routes of delivery need. */
export interface DeliveryActions {
  cancel: CancelMessage
}

export function deliveryRoutes({ cancel }: DeliveryActions): Route[] {
  return [cancelRoute(cancel)]
}
