/** Where waiting alone does not help, as with a limit of 0, a client should not ask more often than this. */
const NEVER_SECONDS = 3_600

/**
 * @returns the value of Retry-After: whole seconds, at least 1, and never less than the wait, so that a client that waits
 * exactly that long is not refused again.
 */
export function retryAfterSeconds(retryAfterMs: number): number {
  if (retryAfterMs === Infinity) return NEVER_SECONDS
  return Math.max(1, Math.ceil(retryAfterMs / 1_000))
}
