import type { After } from '../../platform/loop.ts'
import { afterTimeout } from '../../platform/loop.ts'
import { openHedgeBudget } from './budget.ts'
import type { HedgeBudget } from './budget.ts'
import { openLatencies } from './latencies.ts'
import type { Latencies } from './latencies.ts'

/** What the hedged calls of one process share (decision 0047). */
export interface Hedging {
  latencies: Latencies
  budget: HedgeBudget
  after: After
}

export function openHedging(after: After = afterTimeout): Hedging {
  return { latencies: openLatencies(), budget: openHedgeBudget(), after }
}
