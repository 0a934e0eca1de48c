import { setTimeout as pause } from 'node:timers/promises'

/**
 * An operator's verdict is kept in hand for as long as an outbox row waits before it is published again: a database
 * that is back by then leaves no message sent twice.
 */
const PATIENCE_MS = 55_000
const PAUSE_MS = 100
const PAUSE_MAX_MS = 2_000

/** Repeats work that must not be lost to an outage. @returns undefined when patience ran out; never rejects. */
export async function withPatience<T>(
  work: () => Promise<T>,
  onError: (error: unknown) => void,
  patienceMs = PATIENCE_MS,
): Promise<T | undefined> {
  const endsAtMs = performance.now() + patienceMs
  for (let pauseMs = PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
    try {
      return await work()
    } catch (error) {
      onError(error)
      if (performance.now() + pauseMs > endsAtMs) return undefined
      await pause(pauseMs)
    }
  }
}
