/** @returns whether one more line may be written now, and how many were left out since the last that was. */
export type TakeLine = () => { granted: boolean; leftOut: number }

const WINDOW_MS = 1_000

/**
 * Lines by load: on a quiet system every event gets its line; on a busy one a log line for each would cost more than
 * the work, so that only the first `linesMax` of a second are written and the next one says how many were not.
 */
export function lineBudget(linesMax: number, nowMs: () => number = () => performance.now()): TakeLine {
  let windowStartMs = nowMs()
  let written = 0
  let leftOut = 0
  return () => {
    const ms = nowMs()
    if (ms - windowStartMs >= WINDOW_MS) {
      windowStartMs = ms
      written = 0
    }
    if (written >= linesMax) {
      leftOut++
      return { granted: false, leftOut: 0 }
    }
    written++
    const granted = { granted: true, leftOut }
    leftOut = 0
    return granted
  }
}
