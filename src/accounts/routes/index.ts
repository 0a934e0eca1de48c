import type { Route } from '../../platform/http/index.ts'
import type { AccountActions } from './actions.ts'
import {
  changeCustomerRoute,
  createCustomerRoute,
  listCustomersRoute,
  readCustomerRoute,
} from './adminCustomers.ts'
import { createCustomerKeyRoute, listCustomerKeysRoute, revokeCustomerKeyRoute } from './adminKeys.ts'
import { adminLogRoute } from './adminLog.ts'
import { changeOperatorRoute, listOperatorsRoute } from './adminOperators.ts'
import { createTariffRoute, endTariffRoute, listTariffsRoute } from './adminTariffs.ts'
import { topUpCustomerRoute } from './adminTopUp.ts'
import { createKeyRoute, listKeysRoute, revokeKeyRoute } from './keys.ts'
import { meRoute } from './me.ts'

export type { AccountActions } from './actions.ts'

/** The routes of customers about themselves and their keys, and the admin's. */
export function accountRoutes(actions: AccountActions): Route[] {
  return [
    meRoute(actions),
    listKeysRoute(actions),
    createKeyRoute(actions),
    revokeKeyRoute(actions),
    listCustomersRoute(actions),
    createCustomerRoute(actions),
    readCustomerRoute(actions),
    changeCustomerRoute(actions),
    topUpCustomerRoute(actions),
    listCustomerKeysRoute(actions),
    createCustomerKeyRoute(actions),
    revokeCustomerKeyRoute(actions),
    listTariffsRoute(actions),
    createTariffRoute(actions),
    endTariffRoute(actions),
    listOperatorsRoute(actions),
    changeOperatorRoute(actions),
    adminLogRoute(actions),
  ]
}
