import type { Charging } from '../primitives/charging.ts'
import type { MessageClass } from '../primitives/messageClass.ts'

/** A rule for the price of one recipient. */
export interface Tariff {
  /** Stays with the message, so that its price can be explained later. */
  id: number
  /** The customer that it is for; null for all. */
  userId: number | null
  /** null for both classes. */
  type: MessageClass | null
  /** What a number begins with, in digits without a plus; empty for all numbers. */
  destinationPrefix: string
  /** The first moment at which it holds. */
  validFromMs: number
  /** The first moment at which it no longer holds; null while no end is set. */
  validUntilMs: number | null
  per: 'message' | 'part'
  /** Of a message or of each of its parts: a whole number of the smallest unit, from 0. */
  price: number
  /** The price of a recipient whose guarantee was missed goes back; left out: it does not. */
  refundMissed?: boolean
  charging: Charging
  /** How long a receipt may take after the hand-over, until the price goes back; null unless delivery captures it. */
  receiptWaitSeconds: number | null
}

/** Of one recipient, in the smallest unit. */
export type PricesPerMessage = Readonly<Record<MessageClass, number>>

/** The id of the tariff that comes from the environment and has no row. */
export const DEFAULT_TARIFF_ID = 0

/** The environment's price, for all customers and numbers for which no other tariff holds. */
export function defaultTariff(type: MessageClass, prices: PricesPerMessage): Tariff {
  return {
    id: DEFAULT_TARIFF_ID,
    userId: null,
    type,
    destinationPrefix: '',
    validFromMs: 0,
    validUntilMs: null,
    per: 'message',
    price: prices[type],
    refundMissed: false,
    ...{ charging: 'acceptance', receiptWaitSeconds: null },
  }
}
