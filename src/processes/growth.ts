/** How much counters have grown of late. */
export interface Growth {
  /** Takes what the counters say now. @returns what each has grown by within the window. */
  take(counts: ReadonlyMap<string, number>): { grown: Map<string, number>; seconds: number }
}

/** Samples that a window is made of: it is this much longer or shorter at most. */
const SAMPLES = 12

/** @param nowMs monotonic. */
export function openGrowth(windowMs: number, nowMs = () => performance.now()): Growth {
  const samples: { atMs: number; counts: ReadonlyMap<string, number> }[] = []
  return {
    take(counts) {
      const atMs = nowMs()
      const newest = samples.at(-1)
      if (!newest || atMs - newest.atMs >= windowMs / SAMPLES) samples.push({ atMs, counts })
      // One sample as old as the window stays, so that the whole window is covered.
      while (samples[1] && samples[1].atMs <= atMs - windowMs) samples.shift()
      const [first] = samples
      // A counter that was not there counted from 0.
      const grown = [...counts].map(
        ([name, count]) => [name, count - (first?.counts.get(name) ?? 0)] as const,
      )
      return { grown: new Map(grown), seconds: first ? (atMs - first.atMs) / 1_000 : 0 }
    },
  }
}
