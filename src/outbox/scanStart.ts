import { lowerOf, placeOf } from './place.ts'
import type { Place } from './place.ts'

/** The place where scans of a ready lane start, for one class. The relay keeps it in memory. */
export interface ScanStart {
  /** @returns the place that claims had reached SLACK_MS ago; undefined before anything is known. */
  place(): Place | undefined
  /** The last row that a claim took was at this place. */
  noteReached(place: Place): void
  /** The claims of all relays reached this key, which may be beyond our own. */
  notePublished(reachedKey: number): void
  /** Whether the next look-up has to start at the beginning. */
  isFullScanDue(isBusy: boolean): boolean
  /** Runs a look-up from the beginning and measures its time. */
  timeFullScan<T>(lookUp: () => Promise<T>): Promise<T>
}

/**
 * How far scans start behind the reached position. A row can be committed this long after its key was current: the
 * published position may be a second old, and an acceptor's copy of it another second.
 */
const SLACK_MS = 3_000
/** Places seen within one interval are merged into the lowest. Seven entries cover the slack. */
const SAMPLE_MS = 500
/** How often a look-up starts at the beginning, so that a row below the start is not missed for good. */
const FULL_SCAN_EVERY_MS = { busy: 5_000, idle: 1_000 }
/** A scan from the beginning is slow behind an old read view. It may take at most 2 % of the time. */
const FULL_SCAN_PAUSE_FACTOR = 50

/**
 * Remembers where claims were: dead index entries, which remain while an old read view is open, are below the start and
 * not read again. A place may be lower than the one before it, such as after a step of the database's clock: the start
 * follows.
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
      // Keeps the newest place that is older than the slack.
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
