/** How fast one class of traffic may call one operator. Times are monotonic milliseconds. */
export interface Pace {
  /** When the next call may begin, behind the calls that wait already. In the past: at once. */
  readyAtMs(): number
  /** Waits for the next call's turn. @returns false, at once, if that is more than `waitMaxMs` ahead. */
  acquire(waitMaxMs: number): Promise<boolean>
  /** Marks the begin of a call. */
  begin(): number
  /** The operator did not throttle the call that began at `startedAtMs`. */
  admitted(startedAtMs: number): void
  /** The operator throttled it, and asked for silence for `retryAfterMs` if that is not null. */
  throttled(startedAtMs: number, retryAfterMs: number | null): void
}

/** The paces of both classes at one operator, both unlimited until it throttles. */
export function createPaces(): { normal: Pace; express: Pace } {
  const pace: Pace = {
    readyAtMs: () => 0,
    acquire: (waitMaxMs) => Promise.resolve(waitMaxMs >= 0),
    begin: () => 0,
    admitted: () => undefined,
    throttled: () => undefined,
  }
  return { normal: pace, express: pace }
}
