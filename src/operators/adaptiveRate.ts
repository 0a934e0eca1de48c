/** Far below any operator's limit, and enough to notice within seconds that it takes more again. */
export const RATE_MIN = 1
/** What remains of the rate that an operator just took: below its limit, so that its window empties. */
const DECREASE = 0.8
/** A throttled call below the expected rate still lowers it. */
const DECREASE_MIN = 0.95
/** Growth a second: slow at first, near the limit that was found, then faster, because the limit may be gone. */
const GROWTH_FIRST = 0.02
const GROWTH_MAX = 0.25
const GROWTH_FACTOR = 1.5
const GROWTH_STEP_MIN = 0.5
const GROWTH_INTERVAL_MS = 1_000

/** How close to a limit that was found the rate may grow, and how long that limit is believed. */
export interface Ceiling {
  share: number
  holdMs: number
}

/** A rate by additive increase and multiplicative decrease: unlimited (null) until it is lowered for the first time. */
export interface AdaptiveRate {
  perSecond(): number | null
  /** `achieved` is what the operator took in the last second. */
  lower(nowMs: number, achieved: number, ceiling: Ceiling): void
  /**
   * After a decrease: `achieved` is what the operator took in the second before it, as known now.
   * @returns whether it raised the rate.
   */
  correct(achieved: number): boolean
  /** To be called while calls wait for the rate: one that is not used says nothing about the operator's limit. */
  grow(nowMs: number): boolean
}

export function createAdaptiveRate(): AdaptiveRate {
  let rate: number | null = null
  let growth = GROWTH_FIRST
  let changedAtMs = 0
  let ceiling = Infinity
  let ceilingUntilMs = 0
  return {
    perSecond: () => rate,
    lower(nowMs, achieved, { share, holdMs }) {
      // The first time the traffic was without any pace, which says little about the limit.
      if (rate !== null) {
        ceiling = Math.max(RATE_MIN, achieved * share)
        ceilingUntilMs = nowMs + holdMs
      }
      rate = Math.max(RATE_MIN, Math.min(achieved * DECREASE, (rate ?? Infinity) * DECREASE_MIN))
      growth = GROWTH_FIRST
      changedAtMs = nowMs
    },
    correct(achieved) {
      const corrected = achieved * DECREASE
      if (rate === null || corrected <= rate) return false
      rate = corrected
      return true
    },
    grow(nowMs) {
      if (rate === null || nowMs - changedAtMs < GROWTH_INTERVAL_MS) return false
      changedAtMs = nowMs
      const grown = rate + Math.max(GROWTH_STEP_MIN, rate * growth)
      const isHeld = nowMs < ceilingUntilMs && grown > ceiling
      rate = isHeld ? Math.max(rate, ceiling) : grown
      growth = isHeld ? GROWTH_FIRST : Math.min(GROWTH_MAX, growth * GROWTH_FACTOR)
      return true
    },
  }
}
