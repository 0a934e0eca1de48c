/** What had been accepted and handed over, in all, at a moment. */
export interface Sample {
  atMs: number
  accepted: number
  handedOver: number
}

/** Of one fault. All times count from it. */
export interface Recovered {
  /** The longest time in which nothing was accepted, and nothing was handed over. */
  acceptGapMs: number
  handOverGapMs: number
  /** From when on as much was handed over again as was offered; 0: it never was less than half; undefined: not in time. */
  recoveredMs: number | undefined
}

/** Over which a rate is measured: at 150 a second the chance of the draw is below a tenth. */
const WINDOW_MS = 2_000
/** A window with less is an interruption; a busy machine has worse moments than that without any fault. */
const INTERRUPTED_SHARE = 0.5
const RECOVERED_SHARE = 0.95

/** @param samples in order, from the fault on. */
export function measureRecovery(
  samples: readonly Sample[],
  faultAtMs: number,
  ratePerSecond: number,
): Recovered {
  const windows = samples.flatMap((from) => {
    const to = samples.find(({ atMs }) => atMs >= from.atMs + WINDOW_MS)
    if (!to) return []
    const seconds = (to.atMs - from.atMs) / 1_000
    const rate = (to.handedOver - from.handedOver) / seconds
    return [{ fromMs: from.atMs, share: rate / ratePerSecond }]
  })
  const worst = windows.reduce((least, each) => (each.share < least.share ? each : least), {
    fromMs: faultAtMs,
    share: Infinity,
  })
  const again = windows.find(({ fromMs, share }) => fromMs > worst.fromMs && share >= RECOVERED_SHARE)
  return {
    acceptGapMs: longestGapMs(samples, 'accepted'),
    handOverGapMs: longestGapMs(samples, 'handedOver'),
    recoveredMs: worst.share >= INTERRUPTED_SHARE ? 0 : again && again.fromMs - faultAtMs,
  }
}

function longestGapMs(samples: readonly Sample[], what: 'accepted' | 'handedOver'): number {
  let [longestMs, sinceMs, last] = [0, samples[0]?.atMs ?? 0, samples[0]?.[what] ?? 0]
  for (const sample of samples) {
    longestMs = Math.max(longestMs, sample.atMs - sinceMs)
    if (sample[what] === last) continue
    sinceMs = sample.atMs
    last = sample[what]
  }
  return longestMs
}
