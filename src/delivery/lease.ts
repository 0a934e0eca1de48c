/** How long a claimed recipient belongs to its owner, by the database's clock. */
export const LEASE_SECONDS = 10
export const LEASE_MS = LEASE_SECONDS * 1_000
/** One attempt at one operator, all its calls together. */
export const ATTEMPT_TIMEOUT_MS = 5_000

/** @returns how long an attempt may wait at `nowMs` and still end before the lease does. */
export function roomMs(leasedAtMs: number, nowMs: number): number {
  return LEASE_MS - ATTEMPT_TIMEOUT_MS - (nowMs - leasedAtMs)
}

/**
 * Whether an attempt, or what takes `durationMs`, that begins at `startsAtMs` ends before the lease does. `leasedAtMs` is
 * read from the monotonic clock before the database is asked for the lease, so that the answer errs on the safe side.
 */
export function leavesRoom(leasedAtMs: number, startsAtMs: number, durationMs = ATTEMPT_TIMEOUT_MS): boolean {
  return startsAtMs - leasedAtMs + durationMs < LEASE_MS
}
