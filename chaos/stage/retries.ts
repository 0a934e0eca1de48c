import type { Only } from '../options.ts'

/**
 * Messages are sent again, so that repeats are part of the run, and what the older program accepted is not held for a day.
 * Some test messages say otherwise.
 */
const ON_UNKNOWN = 'retry'

/** Short, so that failed and expired messages and their refunds are part of the run. */
const RETRIES = {
  RETRY_MIN_DELAY: '500ms',
  RETRY_MAX_DELAY: '5s',
  MAX_ATTEMPTS: '5',
  RETRY_EXPRESS_MIN_DELAY: '500ms',
  RETRY_EXPRESS_MAX_DELAY: '5s',
  RETRY_EXPRESS_MAX_ATTEMPTS: '5',
  VALIDITY_EXPRESS: '45s',
  ON_UNKNOWN,
  /** What a program before these settings has. */
  UNAVAILABLE_GRACE: '10s',
}

/** Short waits as well, but the attempts last for longer than an outage; validities are those by default. */
const OUTAGE_RETRIES = {
  RETRY_MIN_DELAY: '500ms',
  RETRY_MAX_DELAY: '5s',
  MAX_ATTEMPTS: '100',
  RETRY_EXPRESS_MIN_DELAY: '500ms',
  RETRY_EXPRESS_MAX_DELAY: '5s',
  RETRY_EXPRESS_MAX_ATTEMPTS: '100',
  ON_UNKNOWN,
}

export function retriesOf(only: Only | undefined): NodeJS.ProcessEnv {
  return only === 'outage' ? OUTAGE_RETRIES : RETRIES
}

/** For the audit. Normal messages have the validity by default. */
export function validityOf(only: Only | undefined): { normal: number; express: number } {
  return { normal: 86_400_000, express: only === 'outage' ? 120_000 : 45_000 }
}
