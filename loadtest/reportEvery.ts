const REPORT_MS = 1_000

/** Counts what is done and says so each second, so that what takes long is seen to move. */
export function reportEvery(say: (done: number, elapsedMs: number) => void) {
  const startMs = performance.now()
  let done = 0
  const timer = setInterval(() => say(done, performance.now() - startMs), REPORT_MS)
  return {
    done: () => void done++,
    elapsedMs: () => performance.now() - startMs,
    stop: () => clearInterval(timer),
  }
}
