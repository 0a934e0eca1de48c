import {
  changeCustomer,
  createCustomer,
  createKey,
  listCustomers,
  listKeys,
  readAdminLog,
  readCustomer,
  revokeKey,
  topUpCustomer,
  topUpRecorded,
} from '../accounts/index.ts'
import type { AccountsContext } from '../accounts/index.ts'
import type { AccountActions } from '../accounts/routes/index.ts'
import { createCancelEvents, openCancellations } from '../delivery/index.ts'
import { readBalance, topUp } from '../ledger/index.ts'
import {
  createMessageEvents,
  listMessages,
  listRecipients,
  openShards,
  priceRequest,
  readHistory,
  readMessage,
  rememberRefused,
} from '../messages/index.ts'
import type { Accept } from '../messages/index.ts'
import { openVirtualTime } from '../outbox/index.ts'
import { databaseNowMs } from '../platform/db/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import type { ApiActions } from './routes.ts'
import type { SharedResources } from './sharedResources.ts'

/** The role that writes to MySQL and never connects to the broker or an operator. @returns what its routes call. */
export function startApi(
  { config, logger, pools, metrics, newId }: SharedResources,
  onAccepted: (type: MessageClass) => void,
): ApiActions {
  const db = pools.requests
  const events = createMessageEvents(metrics.registry)
  const { prices, acceptLanes: shards, batchSizeMax } = config
  const decide = openShards({
    ...{ db, prices, newId, shards, batchSizeMax, events },
    virtualTime: openVirtualTime(),
    normalOrder: config.normalOrder,
  })
  const accept = rememberRefused(decide, () => databaseNowMs(db))
  const acceptOne: Accept = async (request, isGone) => {
    const fact = { type: request.type, recipients: request.recipients.length }
    try {
      const decision = await accept(request, isGone)
      events.decided({ ...fact, decision: decision.kind })
      if (decision.kind === 'accepted') onAccepted(request.type)
      return decision
    } catch (error) {
      events.decided({ ...fact, decision: error instanceof Unavailable ? 'unavailable' : 'fault' })
      throw error
    }
  }
  const cancel = openCancellations(db)
  const cancelEvents = createCancelEvents(logger, metrics.registry)
  return {
    accept: acceptOne,
    readHistory: (query) => readHistory(db, query),
    readMessage: (key) => readMessage(db, key),
    listMessages: (query) => listMessages(db, query),
    listRecipients: (query) => listRecipients(db, query),
    price: (query) => priceRequest(prices, { ...query, atMs: databaseNowMs(db) }),
    cancel: async (key) => {
      const cancellation = await cancel(key)
      cancelEvents.decided({ ...key, cancellation })
      return cancellation
    },
    readBalance: (query) => readBalance(db, query),
    topUp: (request, { isAdmin, actor }) =>
      isAdmin ? topUpRecorded({ db, newId }, request, actor) : topUp(db, request, newId()),
    limits: config.limits,
    ...accountActions({ db, newId }, config.currency),
  }
}

function accountActions(context: AccountsContext, currency: string): AccountActions {
  const { db } = context
  return {
    currency,
    nowMs: () => databaseNowMs(db),
    // The balance alone, without a row of the ledger.
    readCredit: async (userId) => (await readBalance(db, { userId, limit: 0 })).balance,
    listKeys: (owner, page) => listKeys(db, owner, page),
    createKey: (userId, request, actor) => createKey(context, userId, request, actor),
    revokeKey: (owner, keyId, actor) => revokeKey(context, owner, keyId, actor),
    listCustomers: (page) => listCustomers(db, page),
    readCustomer: (publicId) => readCustomer(db, publicId),
    createCustomer: (values, actor) => createCustomer(context, values, actor),
    changeCustomer: (publicId, values, actor) => changeCustomer(context, publicId, values, actor),
    topUpCustomer: (publicId, request, actor) => topUpCustomer(context, publicId, request, actor),
    readAdminLog: (page) => readAdminLog(db, page),
  }
}
