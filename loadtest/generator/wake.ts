/** A timer's resolution: requests due within it are sent together. */
const TICK_MS = 1

/**
 * Calls `step` again and again, each time after as many milliseconds as it returned, until it returns undefined. One
 * timer, set again: awaiting a promise at each tick would cost twice as much as the tick itself.
 */
export function wakeUntilOver(step: () => number | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = () => {
      try {
        const waitMs = step()
        if (waitMs === undefined) resolve()
        else if (waitMs <= TICK_MS) tick.refresh()
        else setTimeout(next, waitMs)
      } catch (fault) {
        reject(fault instanceof Error ? fault : new Error(String(fault)))
      }
    }
    const tick = setTimeout(next, TICK_MS)
  })
}
