const FIRST_RETRY_MS = 500
/** Longest wait between retries. Recovery is noticed within it; shorter would mean more claims during an outage. */
const RETRY_MAX_MS = 5_000

/** @param attempts claims of the message so far, at least one. @returns the wait before the next: 0.5 s, doubling to 5 s. */
export function retryInMs(attempts: number): number {
  return Math.min(RETRY_MAX_MS, FIRST_RETRY_MS * 2 ** Math.max(0, attempts - 1))
}
