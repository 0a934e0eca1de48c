/** A longer wait than a day is not believed. */
const RETRY_AFTER_MAX_MS = 86_400_000

const SECONDS = /^\d+$/
/** `Sun, 06 Nov 1994 08:49:37 GMT`. Date.parse alone would read `-1` as a date, too. */
const HTTP_DATE = /^[A-Za-z]{3,9},? .*GMT$/

/** Milliseconds up to a day, or null if the header is missing or says neither seconds nor a date. */
export function readRetryAfter(header: string | undefined, nowMs: number): number | null {
  const text = header?.trim() ?? ''
  const waitMs = SECONDS.test(text)
    ? Number(text) * 1_000
    : HTTP_DATE.test(text)
      ? Date.parse(text) - nowMs
      : NaN
  if (Number.isNaN(waitMs)) return null
  return Math.min(RETRY_AFTER_MAX_MS, Math.max(0, waitMs))
}
