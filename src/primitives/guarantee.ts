import type { AccessCustomer } from './access.ts'

/**
 * Below this the way between the processes alone would use it up. Above, it would outlast the minutes for which express
 * messages are valid.
 */
export const GUARANTEED_WITHIN_MS_MIN = 200
export const GUARANTEED_WITHIN_MS_MAX = 3_600_000

/** What a customer's express messages are promised. */
export interface Guarantee {
  /** From when a message may leave to its hand-over; null for that of the settings. */
  guaranteedWithinMs: number | null
  /** What an operator does not answer in time goes to another one too. */
  hedge: boolean
}

export function guaranteeOf({ guaranteedWithinMs, hedge }: Pick<AccessCustomer, keyof Guarantee>): Guarantee {
  return { guaranteedWithinMs, hedge }
}
