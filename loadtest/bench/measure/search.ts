/** A rate that was offered in a short probe, and whether it was sustainable. */
export interface Probe {
  rate: number
  isSustained: boolean
}

export interface SearchOptions {
  /** The first rate. A good guess saves probes. */
  start: number
  /** The factor between two rates while all probes have the same result. */
  step: number
  /** It ends when the next rate to try is less than this factor above the best one. */
  resolution: number
  probesMax: number
  /** How often a failed rate is retried before it counts as too high; 0 by default. */
  retries?: number
}

/** Below it there is nothing left to find. */
const RATE_MIN = 1

/**
 * Finds the highest sustained rate: up or down in steps until one is sustained and a higher one is not, then by
 * bisection. @returns the best rate (0 when none was sustained) and all probes.
 */
export async function findHighest(
  probe: (rate: number) => Promise<boolean>,
  { start, step, resolution, probesMax, retries = 0 }: SearchOptions,
): Promise<{ best: number; probes: Probe[] }> {
  const probes: Probe[] = []
  let best = 0
  let tooHigh = Infinity
  let rate = Math.round(start)
  let triesLeft = retries
  while (probes.length < probesMax && rate >= RATE_MIN) {
    const isSustained = await probe(rate)
    probes.push({ rate, isSustained })
    // Retries, because a short disturbance of the machine would otherwise bound the rest of the search. On the way down
    // it would cost only one step.
    if (!isSustained && (best > 0 || tooHigh === Infinity) && triesLeft-- > 0) continue
    triesLeft = retries
    if (isSustained) best = Math.max(best, rate)
    else tooHigh = Math.min(tooHigh, rate)
    if (best > 0 && tooHigh / best <= resolution) break
    if (tooHigh - best <= 1) break
    rate = nextRate(best, tooHigh, step)
  }
  return { best, probes }
}

/** Rates are whole numbers. */
function nextRate(best: number, tooHigh: number, step: number): number {
  if (tooHigh === Infinity) return Math.ceil(best * step)
  if (best === 0) return Math.floor(tooHigh / step)
  return Math.min(tooHigh - 1, Math.max(best + 1, Math.round(Math.sqrt(best * tooHigh))))
}
