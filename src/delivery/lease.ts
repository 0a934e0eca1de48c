/** How long a claimed recipient is its owner's, by the database's clock. */
export const LEASE_SECONDS = 10
/** One try at one operator, all its calls together. */
export const TRY_TIMEOUT_MS = 5_000

/**
 * Whether a try that begins now ends before the lease does. `leasedAtMs` is read from the monotonic clock before the
 * claim was asked for, so that the answer errs on the safe side.
 */
export function leavesRoom(leasedAtMs: number, nowMs: number): boolean {
  return nowMs - leasedAtMs + TRY_TIMEOUT_MS < LEASE_SECONDS * 1_000
}
