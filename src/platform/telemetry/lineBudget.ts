/** @returns whether another line may be written now, and how many were suppressed since the last one. */
export type TakeLine = () => { granted: boolean; leftOut: number }

const WINDOW_MS = 1_000

/**
 * Limits log lines to `linesMax` a second, because on a busy system a line for each event would cost more than the
 * work. The next line says how many were suppressed.
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
