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
    prices: {
      normal: Number(SETTINGS.PRICE_NORMAL.default),
      express: Number(SETTINGS.PRICE_EXPRESS.default),
    },
    accept: neverServed,
    readHistory: neverServed,
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

function neverServed(): Promise<never> {
  return Promise.reject(new Error('these routes are documented, not served'))
}

if (import.meta.main) writeFileSync(OPENAPI_FILE, renderOpenApi())
