/**
 * How many messages may be sent twice: a share of all that could be, so that an operator that is slow as a whole does not
 * double the traffic. It fills up with messages and is emptied by hedges.
 */
export interface HedgeBudget {
  /** Messages were submitted that could be hedged. */
  refill(messages: number): void
  /** @returns whether these may be hedged now; if so, they count. */
  tryTake(messages: number): boolean
}

/** Twice the 5 % of calls that last longer than the p95. */
const SHARE = 0.1
/** What calls to an operator that has just become slow need, until its slowness is known. */
const BURST = 500

export function openHedgeBudget(): HedgeBudget {
  let left = BURST
  return {
    refill(messages) {
      left = Math.min(BURST, left + messages * SHARE)
    },
    tryTake(messages) {
      if (left < messages) return false
      left -= messages
      return true
    },
  }
}
