import { accountRoutes } from '../accounts/routes/index.ts'
import type { AccountActions } from '../accounts/routes/index.ts'
import { deliveryRoutes } from '../delivery/routes/index.ts'
import type { DeliveryActions } from '../delivery/routes/index.ts'
import { ledgerRoutes } from '../ledger/routes/index.ts'
import type { LedgerActions } from '../ledger/routes/index.ts'
import { messageRoutes } from '../messages/routes/index.ts'
import type { MessageActions } from '../messages/routes/index.ts'
import { opsRoutes } from '../platform/http/index.ts'
import type { OpsOptions, Route } from '../platform/http/index.ts'

/** What the API routes need; they depend on nothing else of the slices. */
export type ApiActions = MessageActions & DeliveryActions & LedgerActions & AccountActions

/**
 * The single list of routes, both served and documented. A process without the API serves only the operations routes.
 */
export function listRoutes(ops: OpsOptions, api?: ApiActions): Route[] {
  const ofApi = api
    ? [...messageRoutes(api), ...deliveryRoutes(api), ...ledgerRoutes(api), ...accountRoutes(api)]
    : []
  return [...ofApi, ...opsRoutes(ops)]
}
