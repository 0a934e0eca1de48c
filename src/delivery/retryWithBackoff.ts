import { setTimeout as pause } from 'node:timers/promises'
import { CommitUnknown, LockTimeout } from '../platform/db/index.ts'
import { Unavailable } from '../primitives/unavailable.ts'

/**
 * An operator's verdict is kept in hand for about as long as a published outbox row waits before it comes due again:
 * a database that is back by then mostly leaves no message to be sent a second time.
 */
const PATIENCE_MS = 55_000
const PAUSE_MS = 100
const PAUSE_MAX_MS = 2_000
/** A database that is there and refuses the work will refuse it again: a fault of ours. */
const FAULTS_MAX = 3

/** `away`: patience ran out. `fault`: the work itself is refused, time and again. */
export type RetryResult<T> = { kind: 'done'; result: T } | { kind: 'away' } | { kind: 'fault' }

/** Repeats work that must not be lost to an outage. Never rejects. */
export async function retryWithBackoff<T>(
  work: () => Promise<T>,
  onError: (error: unknown) => void,
  patienceMs = PATIENCE_MS,
): Promise<RetryResult<T>> {
  const endsAtMs = performance.now() + patienceMs
  let faults = 0
  for (let pauseMs = PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
    try {
      return { kind: 'done', result: await work() }
    } catch (error) {
      onError(error)
      if (!isTransient(error) && ++faults >= FAULTS_MAX) return { kind: 'fault' }
      if (performance.now() + pauseMs > endsAtMs) return { kind: 'away' }
      await pause(pauseMs)
    }
  }
}

/** What another try may find gone: an outage, a lost answer, a row that somebody else kept locked. */
export function isTransient(error: unknown): boolean {
  return error instanceof Unavailable || error instanceof CommitUnknown || error instanceof LockTimeout
}
