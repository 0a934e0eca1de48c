// Writes the OpenAPI document with default limits to docs/openapi.json, for readers and client generators.
import { writeFileSync } from 'node:fs'
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
    listRecipients: neverServed,
    price: () => {
      throw NOT_SERVED
    },
    cancel: neverServed,
    readBalance: neverServed,
    topUp: neverServed,
    currency: SETTINGS.CURRENCY.default,
    nowMs: () => 0,
    readCredit: neverServed,
    listKeys: neverServed,
    createKey: neverServed,
    revokeKey: neverServed,
    listCustomers: neverServed,
    readCustomer: neverServed,
    createCustomer: neverServed,
    changeCustomer: neverServed,
    topUpCustomer: neverServed,
    readAdminLog: neverServed,
  }
  const registry = { contentType: 'text/plain; version=0.0.4; charset=utf-8' as const, metrics: neverServed }
  return listRoutes({ version: VERSION, roles: ROLES, checks: [], registry }, api)
}

const NOT_SERVED = new Error('these routes are documented, not served')

function neverServed(): Promise<never> {
  return Promise.reject(NOT_SERVED)
}

if (import.meta.main) writeFileSync(OPENAPI_FILE, renderOpenApi())
