import type { Breaker } from './breaker.ts'

/**
 * Resolves once one of the breakers admits a call; rejects with the signal's reason.
 * @param breakers those of the moment. @param changes told whenever there may be others, or one is resumed.
 */
export function whenAdmitting(
  breakers: () => readonly Breaker[],
  changes: Set<() => void>,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let subscriptions: (() => void)[] = []
    const unsubscribe = () => {
      for (const end of subscriptions) end()
      subscriptions = []
    }
    const check = () => {
      if (!signal.aborted && !breakers().some((breaker) => breaker.isAdmitting())) return
      unsubscribe()
      changes.delete(renew)
      signal.removeEventListener('abort', check)
      if (signal.aborted) reject(signal.reason as Error)
      else resolve()
    }
    const renew = () => {
      unsubscribe()
      // A probe that ends always changes its breaker's state, so no other moment has to be watched.
      subscriptions = breakers().map((breaker) => breaker.onChange(check))
      check()
    }
    changes.add(renew)
    signal.addEventListener('abort', check)
    renew()
  })
}
