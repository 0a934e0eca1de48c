import {
  changeCustomer,
  changeOperator,
  createCustomer,
  createKey,
  createTariff,
  endTariff,
  listCustomers,
  listKeys,
  listTariffs,
  readAdminLog,
  readCustomer,
  readOperators,
  revokeKey,
  topUpRecorded,
} from '../accounts/index.ts'
import type { AccountsContext } from '../accounts/index.ts'
import type { AccountActions } from '../accounts/routes/index.ts'
import { readHeld } from '../holds/index.ts'
import { readCredit } from '../ledger/index.ts'
import { databaseNowMs } from '../platform/db/index.ts'

/** What the routes of customers, keys, tariffs, operators and the admin log call. */
export function accountActions(
  context: AccountsContext,
  { currency, requestsLimit }: Pick<AccountActions, 'currency' | 'requestsLimit'>,
): AccountActions {
  const { db } = context
  return {
    currency,
    requestsLimit,
    nowMs: () => databaseNowMs(db),
    readCredit: (userId) => readCredit(db, userId),
    readHeld: (userId) => readHeld(db, userId),
    listKeys: (owner, page) => listKeys(db, owner, page),
    createKey: (userId, request, actor) => createKey(context, userId, request, actor),
    revokeKey: (owner, keyId, actor) => revokeKey(context, owner, keyId, actor),
    listCustomers: (page) => listCustomers(db, page),
    readCustomer: (publicId) => readCustomer(db, publicId),
    createCustomer: (values, actor) => createCustomer(context, values, actor),
    changeCustomer: (publicId, values, actor) => changeCustomer(context, publicId, values, actor),
    topUpCustomer: (request, actor) => topUpRecorded(context, request, actor),
    listTariffs: (query) => listTariffs(db, query),
    createTariff: (values, actor) => createTariff(context, values, actor),
    endTariff: (id, validUntilMs, actor) => endTariff(context, { id, validUntilMs }, actor),
    listOperators: () => readOperators(db),
    changeOperator: (name, change, actor) => changeOperator(context, name, change, actor),
    readAdminLog: (page) => readAdminLog(db, page),
  }
}
