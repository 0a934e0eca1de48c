import { priceOf, selectTariffs } from '../tariffs/index.ts'
import type { PricesPerMessage, RequestPrice, TariffIndex } from '../tariffs/index.ts'
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

/** What a message costs now: for its quote and its charge alike. */
export type Price = (query: Omit<PriceQuery, 'atMs'>) => RequestPrice

/** Where prices come from. */
export interface PriceBasis {
  tariffs: TariffIndex
  /** For numbers for which no tariff holds. */
  prices: PricesPerMessage
}

/** Prices a message for a customer at one moment. */
export function priceRequest(
  { tariffs, prices }: PriceBasis,
  { userId, type, parts, recipients, atMs }: PriceQuery,
): RequestPrice {
  return priceOf(selectTariffs(tariffs, { userId, type, atMs }, prices), parts, recipients)
}
