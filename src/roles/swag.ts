// The OpenAPI document with default limits, for readers and client generators. `npm run swag` writes it.
import { perSecond } from '../limits/index.ts'
import type { Route } from '../platform/http/index.ts'
import { VERSION } from '../platform/version.ts'
import { describeApi } from './openapi.ts'
import { listRoutes } from './routes.ts'
import { ROLES, SETTINGS } from './settings.ts'

export const OPENAPI_FILE = new URL('../../docs/openapi.json', import.meta.url)

export function renderOpenApi(): string {
  return `${JSON.stringify(describeApi(documentedRoutes()), null, 2)}\n`
}

/** Every route of the program, with default limits and without a database. */
export function documentedRoutes(): Route[] {
  const limits = {
    recipientsMax: Number(SETTINGS.RECIPIENTS_MAX.default),
    textCharsMax: Number(SETTINGS.TEXT_CHARS_MAX.default),
    partsMax: Number(SETTINGS.MESSAGE_PARTS_MAX.default),
  }
  const api = {
    limits,
    accept: neverServed,
    readHistory: neverServed,
    readMessage: neverServed,
    listMessages: neverServed,
    acceptBulk: neverServed,
    readBulk: neverServed,
    cancelBulk: neverServed,
    listRecipients: neverServed,
    listAttempts: neverServed,
    price: () => {
      throw NOT_SERVED
    },
    cancel: neverServed,
    readBalance: neverServed,
    topUp: neverServed,
    currency: SETTINGS.CURRENCY.default,
    requestsLimit: perSecond(Number(SETTINGS.RATE_LIMIT_RPS.default)),
    nowMs: () => 0,
    readCredit: neverServed,
    readHeld: neverServed,
    listKeys: neverServed,
    createKey: neverServed,
    revokeKey: neverServed,
    listCustomers: neverServed,
    readCustomer: neverServed,
    createCustomer: neverServed,
    changeCustomer: neverServed,
    topUpCustomer: neverServed,
    listTariffs: neverServed,
    createTariff: neverServed,
    endTariff: neverServed,
    listOperators: neverServed,
    changeOperator: neverServed,
    readAdminLog: neverServed,
    webhooks: WEBHOOKS,
    exports: EXPORTS,
    reports: REPORTS,
    deadlines: { nowMs: () => 0, listMisses: neverServed, findCustomer: neverServed },
    authenticateOperator: () => {
      throw NOT_SERVED
    },
    authenticateCallback: () => {
      throw NOT_SERVED
    },
    sourceOf: () => '',
    storeReceipts: neverServed,
    receiptEvents: { refused: () => {} },
    ...{ listReceipts: neverServed, readTimeline: neverServed, readQueue: neverServed },
  }
  const registry = { contentType: 'text/plain; version=0.0.4; charset=utf-8' as const, metrics: neverServed }
  return listRoutes({ version: VERSION, roles: ROLES, checks: [], registry }, api)
}

const NOT_SERVED = new Error('these routes are documented, not served')

function neverServed(): Promise<never> {
  return Promise.reject(NOT_SERVED)
}

const EXPORTS = {
  folder: undefined,
  hasParquet: true,
  downloadsMax: 0,
  nowMs: () => 0,
  createExport: neverServed,
  listExports: neverServed,
  readExport: neverServed,
  deleteExport: neverServed,
  findDownload: neverServed,
  readCustomer: neverServed,
}

const WEBHOOKS = {
  readFeed: neverServed,
  readEventSettings: neverServed,
  changeEventSettings: neverServed,
  allowsPrivate: false,
  listEndpoints: neverServed,
  createEndpoint: neverServed,
  changeEndpoint: neverServed,
  deleteEndpoint: neverServed,
  rotateSecret: neverServed,
  rotateCallbackSecret: neverServed,
  testEndpoint: neverServed,
  replay: neverServed,
  listDeliveries: neverServed,
}

const REPORTS = {
  currency: SETTINGS.CURRENCY.default,
  nowMs: () => 0,
  readReport: neverServed,
  readTop: neverServed,
  readTopCustomers: neverServed,
  findCustomer: neverServed,
  nameCustomers: neverServed,
}
