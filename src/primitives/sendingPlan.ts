import type { AccessCustomer } from './access.ts'
import type { SendingWindow } from './sendingWindow.ts'

/** How a customer's messages leave. */
export interface SendingPlan {
  /** Its share of a backlog of normal messages, in relation to others' weights. */
  normalWeight: number
  /** Normal parts leave at this rate at most; null for no such bound. */
  partsPerSecond: number | null
  /** When messages leave; null for at any time. */
  window: SendingWindow | null
}

/**
 * A start tag advances by whole units, of which a part has 1,000: up to this weight, rounding takes less than 1 % of a
 * share.
 */
export const NORMAL_WEIGHT_MAX = 20

/** Of a customer that has set nothing. */
export const PLAIN_SENDING: SendingPlan = { normalWeight: 1, partsPerSecond: null, window: null }

export function sendingPlanOf({
  normalWeight,
  sendingPartsPerSecond: partsPerSecond,
  sendingWindow: window,
}: Pick<AccessCustomer, 'normalWeight' | 'sendingPartsPerSecond' | 'sendingWindow'>): SendingPlan {
  return { normalWeight, partsPerSecond, window }
}
