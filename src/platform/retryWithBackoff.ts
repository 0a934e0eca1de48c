import { afterTimeout, backOffMs, pause } from './loop.ts'
import type { After } from './loop.ts'

export interface RetryOptions {
  /** Whether the next attempt may succeed without a change: an outage, a lock timeout, a lost answer. */
  isTransient: (error: unknown) => boolean
  /** Called for every failed attempt, except one that ends with the signal's own reason. Must not throw. */
  onError: (error: unknown) => void
  /** The pause after the first failure. It doubles up to `maxPauseMs`; half of it is random. */
  firstPauseMs: number
  maxPauseMs: number
  /** Failures that are not transient before the work is abandoned. Transient ones are retried without a bound. */
  faultsMax: number
  /** Ends a pause and starts no further attempt. The attempt in flight is waited for. */
  signal?: AbortSignal
  after?: After
  random?: () => number
}

/** `fault`: the work failed `faultsMax` times with an error that is not transient. `stopped`: the signal was aborted. */
export type RetryResult<T> =
  { kind: 'done'; result: T } | { kind: 'fault'; error: unknown } | { kind: 'stopped' }

/** Repeats `work` until it succeeds, for work that an outage must not lose. Never rejects. */
export async function retryWithBackoff<T>(
  work: () => Promise<T>,
  options: RetryOptions,
): Promise<RetryResult<T>> {
  const { isTransient, onError, firstPauseMs, maxPauseMs, faultsMax } = options
  const { signal = new AbortController().signal, after = afterTimeout, random = Math.random } = options
  let faults = 0
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      return { kind: 'done', result: await work() }
    } catch (error) {
      if (signal.aborted && error === signal.reason) break
      onError(error)
      if (!isTransient(error) && ++faults >= faultsMax) return { kind: 'fault', error }
      await pause(backOffMs(failures, firstPauseMs, maxPauseMs, random), signal, after).ended
    }
  }
  return { kind: 'stopped' }
}
