/** A rate that was offered for a moment, and whether it could have gone on. */
export interface Probe {
  rate: number
  isSustained: boolean
}

export interface SearchOptions {
  /** Where it begins: the nearer, the fewer probes. */
  start: number
  /** By how much it goes up, or down, while all probes end alike. */
  step: number
  /** It ends when the next rate to try is less than this factor above the best one. */
  resolution: number
  probesMax: number
  /** How often a rate is tried again before it is believed to be too high; 0 by default. */
  retries?: number
}

/** Below it there is nothing left to find. */
const RATE_MIN = 1

/**
 * Finds the highest rate that is sustained: up or down in steps until one holds and a higher one does not, then by
 * halves. @returns the best rate (0 when none held) and all that was tried.
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
    // A bad moment of the machine would otherwise be a bound for the rest of the search. On the way down, where nothing
    // has held yet, it costs no more than a step.
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
