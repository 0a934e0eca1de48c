import { CLASSES } from '../primitives/messageClass.ts'
import { CALL_TIMEOUT_MIN_MS } from './attempt.ts'
import type { MessageClass, OperatorAdapter } from './contract.ts'

/** Each class can always have a quarter of the connections; the rest goes to the class that needs it. */
const SHARE = 0.25

const NO_CONNECTION = { kind: 'unavailable', reason: 'no free connection in time' } as const

interface Waiter {
  begin: () => void
}

/**
 * One operator's adapter as each class reaches it; a class that is served alone has all of its `callsInFlightMax`.
 * Otherwise a share of them stays free for the other class, so that calls of normal traffic that hang never keep
 * express from its operator (invariant 5).
 */
export function shareConnections(
  adapter: OperatorAdapter,
  classes: readonly MessageClass[] = CLASSES,
): Record<MessageClass, OperatorAdapter> {
  const { callsInFlightMax: total, query } = adapter
  const share = total > 1 && classes.length > 1 ? Math.max(1, Math.floor(total * SHARE)) : 0
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
  /** @returns undefined if no connection became free in time. */
  const withConnection = async <R>(
    messageClass: MessageClass,
    timeoutMs: number,
    call: (leftMs: number) => Promise<R>,
  ): Promise<R | undefined> => {
    const startMs = performance.now()
    // A connection that comes later leaves the call no time, and its messages unknown.
    if (!(await acquire(messageClass, Math.max(0, timeoutMs - CALL_TIMEOUT_MIN_MS)))) return undefined
    try {
      return await call(timeoutMs - (performance.now() - startMs))
    } finally {
      release(messageClass)
    }
  }
  const adapterOf = (messageClass: MessageClass): OperatorAdapter => ({
    ...adapter,
    callsInFlightMax: classMax,
    callsInFlight: () => inFlight[messageClass],
    submit: async (batch, timeoutMs) =>
      (await withConnection(messageClass, timeoutMs, (leftMs) => adapter.submit(batch, leftMs))) ??
      NO_CONNECTION,
    ...(query && {
      query: async (batch, timeoutMs) =>
        (await withConnection(messageClass, timeoutMs, (leftMs) => query(batch, leftMs))) ?? {
          fault: NO_CONNECTION.reason,
        },
    }),
  })
  return { normal: adapterOf('normal'), express: adapterOf('express') }
}
