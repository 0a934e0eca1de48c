import type { DeliveryStatus, SmsState } from '../../db/schema.ts'
import type { Charging } from '../primitives/charging.ts'
import { STATE_RULES, isTerminal } from './states.ts'

/**
 * Where the price of a recipient is.
 * - charged: it was paid at acceptance. captured: at the hand-over or the delivery. held: neither yet.
 * - refunded: it went back. released: the same, where it could be held.
 */
export const MONEY_STATES = ['charged', 'held', 'captured', 'refunded', 'released'] as const
export type MoneyState = (typeof MONEY_STATES)[number]

/** One recipient, or the sums of several that differ in nothing else; sums of the database are texts. */
export interface MoneyRow {
  status: SmsState
  delivery_status: DeliveryStatus | null
  charging: Charging
  /** In the smallest unit, as `returned`. */
  price: number | string
  returned: number | string
}

export function moneyOf(row: MoneyRow): MoneyState {
  const isAtOnce = row.charging === 'acceptance'
  if (STATE_RULES[row.status].isRefunded || Number(row.returned) > 0)
    return isAtOnce ? 'refunded' : 'released'
  if (isAtOnce) return 'charged'
  return isCaptured(row) ? 'captured' : 'held'
}

/** @returns what went back: of a failed or cancelled recipient its whole price. */
export function returnedOf({ status, price, returned }: Omit<MoneyRow, 'charging'>): number {
  return Number(STATE_RULES[status].isRefunded ? price : returned)
}

export function heldOf(row: MoneyRow): number {
  return moneyOf(row) === 'held' ? Number(row.price) : 0
}

function isCaptured({ charging, status, delivery_status: delivered }: MoneyRow): boolean {
  return charging === 'delivery' ? delivered === 'delivered' : isTerminal(status)
}
