import { nameCustomers, readCustomer, sourceAddressOf, topUpRecorded } from '../accounts/index.ts'
import { listMisses } from '../deadlines/index.ts'
import type { DeadlineActions } from '../deadlines/routes/index.ts'
import { createCancelEvents, openBulkCancellations, openCancellations } from '../delivery/index.ts'
import { readBalance, topUp } from '../ledger/index.ts'
import {
  createMessageEvents,
  listMessages,
  listAttempts,
  listRecipients,
  openBulks,
  openShards,
  priceRequest,
  refuseBacklogged,
  readBulk,
  readHistory,
  readMessage,
  rememberRefused,
} from '../messages/index.ts'
import type { Accept, CheckBacklog, MessageEvents, Price } from '../messages/index.ts'
import type { LiveFeed } from '../ops/index.ts'
import { openVirtualTime } from '../outbox/index.ts'
import { databaseNowMs } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { openKeysInUse } from '../platform/keysInUse.ts'
import { addressCheckOf } from '../primitives/ipRange.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import { listReceipts } from '../receipts/index.ts'
import type { ReceiptActions } from '../receipts/routes/index.ts'
import { readReport, readTop, readTopCustomers } from '../reports/index.ts'
import type { ReportActions } from '../reports/routes/index.ts'
import type { TariffTable } from '../tariffs/index.ts'
import { readQueue, readTimeline } from '../timeline/index.ts'
import { accountActions } from './accountActions.ts'
import { exportActions } from './exports.ts'
import type { ApiActions } from './routes.ts'
import type { SharedResources } from './sharedResources.ts'
import { webhookActions } from './webhookActions.ts'

/** What it shares with other parts of its process. */
export interface ApiParts {
  /** After each acceptance. */
  onAccepted: (type: MessageClass) => void
  checkBacklog: CheckBacklog
  /** What the operations page shows. */
  live: LiveFeed
}

/** The role that writes to MySQL and never connects to the broker or an operator. @returns what its routes call. */
export function startApi(
  resources: SharedResources,
  tariffs: TariffTable,
  { onAccepted, checkBacklog, live }: ApiParts,
): ApiActions {
  const { config, logger, pools, metrics, newId } = resources
  const db = pools.requests
  const events = createMessageEvents(metrics.registry)
  const { prices, acceptLanes: shards, batchSizeMax } = config
  const price: Price = (query) =>
    priceRequest({ tariffs: tariffs.current(), prices }, { ...query, atMs: databaseNowMs(db) })
  const ofAccept = {
    db,
    price,
    newId,
    events,
    virtualTime: openVirtualTime(),
    normalOrder: config.normalOrder,
    guaranteedWithinMs: config.expressGuaranteedWithinMs,
  }
  const bulkCustomers = openKeysInUse<number>()
  const decide = openShards({
    ...ofAccept,
    shards,
    batchSizeMax,
    hasBulk: (userId) => bulkCustomers.has(userId),
  })
  const remembering = rememberRefused(decide, price, () => databaseNowMs(db))
  const accept = refuseBacklogged(remembering, checkBacklog)
  const cancel = openCancellations(db)
  const cancelBulk = openBulkCancellations(db)
  const cancelEvents = createCancelEvents(logger, metrics.registry)
  return {
    accept: told(accept, events, onAccepted),
    acceptBulk: openBulks({ ...ofAccept, customers: bulkCustomers, onAccepted, checkBacklog }),
    readBulk: (key) => readBulk(db, key),
    readHistory: (query) => readHistory(db, query),
    readMessage: (key) => readMessage(db, key),
    listMessages: (query) => listMessages(db, query),
    listRecipients: (query) => listRecipients(db, query),
    listAttempts: (query) => listAttempts(db, query),
    readTimeline: (query) => readTimeline(db, query, resources.routes.current()),
    readQueue: (userId) => readQueue(db, userId),
    price,
    cancel: async (key) => {
      const cancellation = await cancel(key)
      cancelEvents.decided({ ...key, cancellation })
      return cancellation
    },
    cancelBulk: async (key) => {
      const cancellation = await cancelBulk(key)
      cancelEvents.decided({ ...key, cancellation })
      return cancellation
    },
    readBalance: (query) => readBalance(db, query),
    topUp: (request, { isAdmin, actor }) =>
      isAdmin ? topUpRecorded({ db, newId }, request, actor) : topUp(db, request, newId()),
    limits: { ...config.limits, allowsPrivate: config.webhooks.allowsPrivate },
    ...accountActions({ db, newId }, config),
    ...receiptActions(resources),
    webhooks: webhookActions({ db, newId }, config.webhooks),
    exports: exportActions(resources),
    reports: reportActions(db, config),
    deadlines: deadlineActions(db),
    opsPage: {
      ...{ db, newId, adminKey: config.access.adminKey, currency: config.currency, live },
      region: config.limits.region,
    },
  }
}

/** The same, and what it came to is counted and told to the relay. */
function told(accept: Accept, events: MessageEvents, onAccepted: (type: MessageClass) => void): Accept {
  return async (request, isGone) => {
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
}

function receiptActions({ config, pools, receipts }: SharedResources): ReceiptActions {
  const { authenticate, authenticateCallback, sources, store, events } = receipts
  return {
    authenticateOperator: authenticate,
    authenticateCallback,
    sourceOf: sourceAddressOf(addressCheckOf(config.access.trustedProxies)),
    storeReceipts: store,
    receiptEvents: events,
    listReceipts: (query) => listReceipts(pools.requests, query, sources),
  }
}

function reportActions(db: Db, { currency }: Pick<ReportActions, 'currency'>): ReportActions {
  return {
    currency,
    nowMs: () => databaseNowMs(db),
    readReport: (query) => readReport(db, query),
    readTop: (query) => readTop(db, query),
    readTopCustomers: (plan) => readTopCustomers(db, plan),
    findCustomer: (publicId) => readCustomer(db, publicId),
    nameCustomers: (userIds) => nameCustomers(db, userIds),
  }
}

function deadlineActions(db: Db): DeadlineActions {
  return {
    nowMs: () => databaseNowMs(db),
    listMisses: (query) => listMisses(db, query),
    findCustomer: (publicId) => readCustomer(db, publicId),
  }
}
