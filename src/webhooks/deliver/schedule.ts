const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** The waits before the second attempt, the third, …; after the last one the delivery has failed. */
const RETRY_AFTER_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  10 * HOUR,
] as const
export const ATTEMPTS_MAX = RETRY_AFTER_MS.length + 1
/** So that what failed together is not repeated together. */
const JITTER = 0.1

/**
 * @returns how long to wait after this many attempts, at least what the answer asked for; undefined after the last one.
 */
export function retryInMs(
  attempts: number,
  askedMs: number | null,
  random: () => number = Math.random,
): number | undefined {
  const planned = RETRY_AFTER_MS[attempts - 1]
  if (planned === undefined) return undefined
  return Math.round(Math.max(planned * (1 + JITTER * random()), askedMs ?? 0))
}

/** Below, an endpoint may have refused single events; from here on it is taken for failing as a whole. */
const PAUSE_FROM_FAILURES = 5
const PAUSE_FIRST_MS = 5 * SECOND
const PAUSE_MAX_MS = 5 * MINUTE

/** @returns the pause of an endpoint after this many failures in a row: a failing one is not called for every event. */
export function pauseMs(failures: number): number {
  if (failures < PAUSE_FROM_FAILURES) return 0
  return Math.min(PAUSE_MAX_MS, PAUSE_FIRST_MS * 2 ** Math.min(failures - PAUSE_FROM_FAILURES, 16))
}

/** An endpoint that failed for as long is disabled. Its events are kept. */
export const DISABLED_AFTER_DAYS = 5
/** A success that took longer makes an endpoint slow, as a failure does. */
export const SLOW_MS = 2_000
