import type { MessageClass, OperatorAdapter } from './contract.ts'

/** Each class can always have a quarter of the connections; the rest goes to the class that needs it. */
const SHARE = 0.25

interface Waiter {
  begin: () => void
}

/**
 * One operator's adapter as each class reaches it. They share its `callsInFlightMax`, of which a share stays free for
 * the other class, so that calls of normal traffic that hang never keep express from its operator (invariant 5).
 */
export function shareConnections(adapter: OperatorAdapter): Record<MessageClass, OperatorAdapter> {
  const total = adapter.callsInFlightMax
  const share = total > 1 ? Math.max(1, Math.floor(total * SHARE)) : 0
  const classMax = total - share
  const inFlight = { normal: 0, express: 0 }
  const waiting: Record<MessageClass, Set<Waiter>> = { normal: new Set(), express: new Set() }

  const mayBegin = (messageClass: MessageClass) =>
    inFlight.normal + inFlight.express < total && inFlight[messageClass] < classMax
  const release = (messageClass: MessageClass) => {
    inFlight[messageClass]--
    for (const next of ['express', 'normal'] as const) {
      const [waiter] = waiting[next]
      if (waiter && mayBegin(next)) waiter.begin()
    }
  }
  /** @returns false if no connection became free in time. */
  const acquire = (messageClass: MessageClass, timeoutMs: number): Promise<boolean> => {
    if (mayBegin(messageClass)) {
      inFlight[messageClass]++
      return Promise.resolve(true)
    }
    return new Promise((resolve) => {
      const end = (acquired: boolean) => {
        clearTimeout(timer)
        waiting[messageClass].delete(waiter)
        if (acquired) inFlight[messageClass]++
        resolve(acquired)
      }
      const waiter = { begin: () => end(true) }
      const timer = setTimeout(() => end(false), timeoutMs)
      waiting[messageClass].add(waiter)
    })
  }
  const adapterOf = (messageClass: MessageClass): OperatorAdapter => ({
    ...adapter,
    callsInFlightMax: classMax,
    async submit(batch, timeoutMs) {
      const startMs = performance.now()
      if (!(await acquire(messageClass, timeoutMs)))
        return { kind: 'unavailable', reason: 'no free connection in time' }
      try {
        return await adapter.submit(batch, timeoutMs - (performance.now() - startMs))
      } finally {
        release(messageClass)
      }
    },
  })
  return { normal: adapterOf('normal'), express: adapterOf('express') }
}
