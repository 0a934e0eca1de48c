import { priceOf, selectTariffs } from '../tariffs/index.ts'
import type { PricesPerMessage, RequestPrice } from '../tariffs/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'

export interface PriceQuery {
  userId: number
  type: MessageClass
  parts: number
  /** Normalized, each once. */
  recipients: readonly string[]
  /** By the database's clock. */
  atMs: number
}

/** Prices a message for a customer at one moment, for its quote and its `max_price`. */
export function priceRequest(
  prices: PricesPerMessage,
  { userId, type, parts, recipients, atMs }: PriceQuery,
): RequestPrice {
  // The environment's prices are the only tariff until tariffs have a table.
  return priceOf(selectTariffs([], { userId, type, atMs }, prices), parts, recipients)
}
