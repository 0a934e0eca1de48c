import { createBatcher } from '../platform/batcher.ts'
import type { BatcherSettings } from '../platform/batcher.ts'
import type { SendRequest, Decision } from './types.ts'

/** A place beside the lanes for customers whose balances somebody else keeps locked. */
export interface Aside<R> {
  /** Whether a customer's requests belong here: some are here, or his balance was held a moment ago. */
  has(userId: number): boolean
  /** Decides a request in a transaction of its customer alone. */
  add(request: R): Promise<Decision>
}

/** So long after a verdict of account_locked a customer comes here at once, instead of holding up a lane again. */
const ASIDE_MS = 10_000
/** At most so many customers are remembered as held; the oldest are forgotten. */
const ASIDE_CUSTOMERS_MAX = 1_000

/**
 * Each customer is decided alone and may wait for his balance as long as a lock wait lasts; others who were put aside
 * do not wait for him, as `maxConcurrency` customers are decided side by side. One customer's requests keep their order.
 */
export function openAside<R extends SendRequest>(
  settings: Omit<BatcherSettings<R, Decision>, 'keyOf'>,
  nowMs: () => number,
): Aside<R> {
  const gathering = createBatcher<R, Decision>({ ...settings, keyOf: ({ userId }) => userId })
  const here = new Map<number, number>()
  const heldUntilMs = new Map<number, number>()

  function count(userId: number, change: 1 | -1): void {
    const left = (here.get(userId) ?? 0) + change
    if (left > 0) here.set(userId, left)
    else here.delete(userId)
  }
  function remember(userId: number, isHeld: boolean): void {
    heldUntilMs.delete(userId)
    if (!isHeld) return
    const [oldest] = heldUntilMs.size >= ASIDE_CUSTOMERS_MAX ? heldUntilMs.keys() : []
    if (oldest !== undefined) heldUntilMs.delete(oldest)
    heldUntilMs.set(userId, nowMs() + ASIDE_MS)
  }
  return {
    has: (userId) => here.has(userId) || nowMs() < (heldUntilMs.get(userId) ?? 0),
    async add(request) {
      const { userId } = request
      count(userId, 1)
      try {
        const verdict = await gathering.add(request)
        remember(userId, verdict.kind === 'account_locked')
        return verdict
      } finally {
        count(userId, -1)
      }
    },
  }
}
