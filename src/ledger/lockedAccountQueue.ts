import { createBatcher } from '../platform/batcher.ts'
import type { BatcherSettings } from '../platform/batcher.ts'
import { openKeysInUse } from '../platform/keysInUse.ts'

/** Work on customers whose balances another session keeps locked: each waits for its own lock and delays no other. */
export interface LockedAccountQueue<I, O> {
  /** Whether a customer's work belongs here: some is here, or its balance was locked a moment ago. */
  has(userId: number): boolean
  /** Runs the item in a batch of its customer alone, in order of arrival. */
  add(item: I): Promise<O>
}

export interface LockedAccountSettings<I, O> extends Omit<BatcherSettings<I, O>, 'keyOf'> {
  userIdOf: (item: I) => number
  /** Whether a result means that the balance stayed locked for a whole lock wait. */
  isLocked: (result: O) => boolean
  /** Monotonic milliseconds. */
  nowMs?: () => number
}

/** For this long after a balance stayed locked, its customer comes here directly and delays no shared batch again. */
const LOCKED_FOR_MS = 10_000
/** Customers remembered as locked; beyond, the oldest are forgotten. */
const LOCKED_CUSTOMERS_MAX = 1_000

/** `maxConcurrency` bounds the customers that are waited for at once: each may keep a connection for a lock wait. */
export function openLockedAccountQueue<I, O>({
  userIdOf,
  isLocked,
  nowMs = () => performance.now(),
  ...batching
}: LockedAccountSettings<I, O>): LockedAccountQueue<I, O> {
  const batcher = createBatcher<I, O>({ ...batching, keyOf: userIdOf })
  const waiting = openKeysInUse<number>()
  const lockedUntilMs = new Map<number, number>()

  function remember(userId: number, locked: boolean): void {
    lockedUntilMs.delete(userId)
    if (!locked) return
    const [oldest] = lockedUntilMs.size >= LOCKED_CUSTOMERS_MAX ? lockedUntilMs.keys() : []
    if (oldest !== undefined) lockedUntilMs.delete(oldest)
    lockedUntilMs.set(userId, nowMs() + LOCKED_FOR_MS)
  }
  return {
    has: (userId) => waiting.has(userId) || nowMs() < (lockedUntilMs.get(userId) ?? 0),
    add(item) {
      const userId = userIdOf(item)
      return waiting.during(userId, async () => {
        const result = await batcher.add(item)
        remember(userId, isLocked(result))
        return result
      })
    },
  }
}
