/** How fast a counter grows while there is work: an idle time is no part of it. */
export interface Rate {
  /**
   * Takes what the counter says now, and whether work is under way. @returns its growth a second; 0 while there is none.
   */
  perSecond(count: number, isBusy: boolean): number
}

/** Long enough to even out batches, short enough to follow an operator that recovers. */
const WINDOW_MS = 5_000

/** @param nowMs monotonic. */
export function openRate(nowMs = () => performance.now()): Rate {
  let samples: { atMs: number; count: number }[] = []
  return {
    perSecond(count, isBusy) {
      const atMs = nowMs()
      if (!isBusy && samples.at(-1)?.count === count) samples = []
      samples.push({ atMs, count })
      // One sample as old as the window stays, so that the whole window is covered.
      while (samples[1] && samples[1].atMs <= atMs - WINDOW_MS) samples.shift()
      const [first] = samples
      if (!first || first.atMs === atMs) return 0
      return ((count - first.count) * 1_000) / (atMs - first.atMs)
    },
  }
}
