/**
 * Claims wait while a settlement is being retried: after an outage of the database the results in memory are stored
 * before anything new is claimed, so that as few messages as possible are submitted twice (decision 0017).
 */
export interface ClaimGate {
  /** Closes the gate until the returned function is called. */
  close(): () => void
  /** Resolves while nothing keeps the gate closed; rejects with the signal's reason. */
  pass(signal?: AbortSignal): Promise<void>
}

export function openClaimGate(): ClaimGate {
  const closedBy = new Set<symbol>()
  const waiting = new Set<() => void>()
  return {
    close() {
      const reason = Symbol('settlement')
      closedBy.add(reason)
      return () => {
        closedBy.delete(reason)
        if (closedBy.size > 0) return
        for (const admit of waiting) admit()
        waiting.clear()
      }
    },
    async pass(signal) {
      signal?.throwIfAborted()
      if (closedBy.size === 0) return
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const abort = () => reject(signal?.reason as Error)
      signal?.addEventListener('abort', abort, { once: true })
      waiting.add(resolve)
      try {
        await promise
      } finally {
        waiting.delete(resolve)
        signal?.removeEventListener('abort', abort)
      }
    },
  }
}
