import type { Demand, Limits } from '../limits/index.ts'
import { priceOfTest } from '../tariffs/index.ts'
import type { RequestPrice } from '../tariffs/index.ts'
import type { Price } from './priceRequest.ts'
import type { SendRequest } from './types.ts'

/** What a request costs: nothing for a test message. */
export function priceOfRequest(
  { userId, type, recipients, parts = 1, isTest = false }: SendRequest,
  price: Price,
): RequestPrice {
  return isTest ? priceOfTest(recipients) : price({ userId, type, parts, recipients })
}

/** What a request uses of its customer's limits. */
export function demandOf(request: SendRequest, price: Price): Demand {
  return { parts: partsOf(request), cost: priceOfRequest(request, price).cost }
}

/** Of all recipients. */
export function partsOf({ recipients, parts = 1 }: SendRequest): number {
  return recipients.length * parts
}

export function limitsOf({ partsLimit = null, spendLimits = null }: SendRequest): Limits {
  return { parts: partsLimit, spend: spendLimits }
}
