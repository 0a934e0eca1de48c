/** When, and how often, a message that no operator took is submitted again. */
export interface RetryPolicy {
  /** After the first attempt. */
  minDelayMs: number
  maxDelayMs: number
  /** Each delay is this many times the one before. */
  factor: number
  /** Rounds in which an operator was called. */
  attemptsMax: number
}

/** Messages that failed together return over this share of their delay: spread by so much, they stay spread. */
const JITTER = 0.25
/** Longest wait after a round that called no operator. Recovery is noticed within it; shorter would mean more claims. */
const NOT_CALLED_MAX_MS = 5_000

/**
 * @param attempts rounds in which an operator was called, at least one. @param random from 0 up to 1.
 * @returns the wait before the next, never outside of the policy's bounds.
 */
export function retryDelayMs(attempts: number, policy: RetryPolicy, random: number): number {
  const { minDelayMs, maxDelayMs, factor } = policy
  const delayMs = minDelayMs * factor ** Math.max(0, attempts - 1)
  return Math.round(Math.min(maxDelayMs, delayMs * (1 + JITTER * random)))
}

/** @returns the wait after a round that called no operator, because every breaker was open. It does not grow. */
export function notCalledDelayMs({ minDelayMs }: RetryPolicy): number {
  return Math.min(minDelayMs, NOT_CALLED_MAX_MS)
}
