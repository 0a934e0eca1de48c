/** How fast a counter has grown of late. */
export interface Rate {
  /** Takes what the counter says now. @returns its growth a second. */
  perSecond(count: number): number
}

/** Long enough to even out batches, short enough to follow an operator that recovers. */
const WINDOW_MS = 10_000

/** @param nowMs monotonic. */
export function openRate(nowMs = () => performance.now()): Rate {
  const samples: { atMs: number; count: number }[] = []
  return {
    perSecond(count) {
      const atMs = nowMs()
      samples.push({ atMs, count })
      // One sample as old as the window stays, so that the whole window is looked at.
      while (samples[1] && samples[1].atMs <= atMs - WINDOW_MS) samples.shift()
      const [first] = samples
      if (!first || first.atMs === atMs) return 0
      return ((count - first.count) * 1_000) / (atMs - first.atMs)
    },
  }
}
