const SECONDS = /^\d{1,9}$/
/** `Sun, 06 Nov 1994 08:49:37 GMT`. Date.parse alone would also take `-1` for a date. */
const DATE = /^[A-Za-z]{3}, .* GMT$/

/** @returns whole seconds, at least 1; undefined where the header is missing or says neither seconds nor a date. */
export function readRetryAfter(header: string | null, nowMs: number): number | undefined {
  const text = header?.trim() ?? ''
  if (SECONDS.test(text)) return Math.max(1, Number(text))
  if (!DATE.test(text)) return undefined
  const waitSeconds = Math.ceil((Date.parse(text) - nowMs) / 1_000)
  return Number.isNaN(waitSeconds) ? undefined : Math.max(1, waitSeconds)
}
