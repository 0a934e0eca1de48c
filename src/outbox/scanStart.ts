import { lowerOf, placeOf } from './place.ts'
import type { Place } from './place.ts'

/** Where scans of a ready lane start. It lives in the relay's memory, for one class. */
export interface ScanStart {
  /** @returns the place that claims had reached SLACK_MS ago; undefined before anything is known. */
  place(): Place | undefined
  /** A claim took the row at the place last. */
  noteReached(place: Place): void
  /** Claims of all relays reached the key, which may be further than ours. */
  notePublished(reachedKey: number): void
  /** Whether the next look-up has to start at the beginning. */
  isFullScanDue(isBusy: boolean): boolean
  /** Runs a look-up from the beginning and takes its time. */
  timeFullScan<T>(lookUp: () => Promise<T>): Promise<T>
}

/**
 * How far scans start behind what claims have reached. A row can be committed this late under a key that was current
 * when its transaction began: the published position may be a second old, what an acceptor read of it another second.
 */
const SLACK_MS = 3_000
/** Places of one such time are kept as the lowest of them: seven entries cover the slack. */
const SAMPLE_MS = 500
/** How often a look-up starts at the beginning, so that a row below the start is not missed for good. */
const FULL_SCAN_EVERY_MS = { busy: 5_000, idle: 1_000 }
/** Behind an old read view a scan from the beginning takes long. It then gets 2 % of the time at most. */
const FULL_SCAN_PAUSE_FACTOR = 50

/**
 * Remembers where claims were. Dead index entries, which stay as long as any old read view, lie below the start and
 * are not read again. A place may be lower than the one before it, such as after a step of the database's clock: the
 * start follows.
 */
export function openScanStart(nowMs = () => performance.now()): ScanStart {
  const samples: { atMs: number; lowest: Place }[] = []
  let reached: Place | undefined
  let fullAtMs = -Infinity
  let fullScanMs = 0
  const note = (place: Place) => {
    const last = samples.at(-1)
    if (last && nowMs() - last.atMs < SAMPLE_MS) last.lowest = lowerOf(last.lowest, place)
    else samples.push({ atMs: nowMs(), lowest: place })
  }
  return {
    place() {
      // The newest one that is older than the slack stays.
      while (samples[1] && samples[1].atMs <= nowMs() - SLACK_MS) samples.shift()
      const [first, ...others] = samples.map(({ lowest }) => lowest)
      return first && others.reduce(lowerOf, first)
    },
    noteReached(place) {
      reached = place
      note(place)
    },
    notePublished(key) {
      note(reached && reached.key >= key ? reached : placeOf(key))
    },
    isFullScanDue(isBusy) {
      const everyMs = FULL_SCAN_EVERY_MS[isBusy ? 'busy' : 'idle']
      return nowMs() - fullAtMs >= Math.max(everyMs, fullScanMs * FULL_SCAN_PAUSE_FACTOR)
    },
    async timeFullScan(lookUp) {
      const startedAtMs = nowMs()
      try {
        return await lookUp()
      } finally {
        fullAtMs = nowMs()
        fullScanMs = fullAtMs - startedAtMs
      }
    },
  }
}
