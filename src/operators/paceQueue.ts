/** Calls that wait for their turn, in order. At most as many as their callers have workers. */
export interface PaceQueue {
  readyAtMs(): number
  acquire(waitMaxMs: number): Promise<boolean>
  /** No call begins before `untilMs`. */
  block(untilMs: number): void
}

export interface PaceQueueOptions {
  now: () => number
  /** Calls a second, null while unlimited. It may change at any time. */
  rate: () => number | null
  /** Called whenever the rate keeps a call waiting. */
  whileLimited: () => void
}

interface Waiter {
  deadlineMs: number
  resolve: (mayBegin: boolean) => void
}

/** What a late timer may make up for at once: a timer of Node fires some milliseconds late under load. */
const CATCH_UP_MS = 20
/** The rate may rise while a call waits. */
const RECHECK_MS = 100

export function createPaceQueue({ now, rate, whileLimited }: PaceQueueOptions): PaceQueue {
  const waiting: Waiter[] = []
  let timer: NodeJS.Timeout | undefined
  let nextAtMs = -Infinity
  let blockedUntilMs = -Infinity

  const intervalMs = () => {
    const perSecond = rate()
    return perSecond === null ? 0 : 1_000 / perSecond
  }
  const headReadyAtMs = () => Math.max(nextAtMs, blockedUntilMs)
  const readyAtMs = () => {
    const ms = headReadyAtMs() + waiting.length * intervalMs()
    if (ms > now()) whileLimited()
    return ms
  }

  const take = () => {
    const ms = now()
    nextAtMs = Math.max(nextAtMs, ms - CATCH_UP_MS) + intervalMs()
  }
  const release = () => {
    timer = undefined
    if (waiting.length > 0) whileLimited()
    for (let head = waiting[0]; head; head = waiting[0]) {
      const isReady = headReadyAtMs() <= now()
      if (!isReady && headReadyAtMs() <= head.deadlineMs) break
      waiting.shift()
      if (isReady) take()
      head.resolve(isReady)
    }
    wakeLater()
  }
  const wakeLater = () => {
    if (timer || waiting.length === 0) return
    timer = setTimeout(release, Math.max(1, Math.min(RECHECK_MS, headReadyAtMs() - now())))
  }

  return {
    readyAtMs,
    acquire(waitMaxMs) {
      const waitMs = readyAtMs() - now()
      if (waitMs <= 0) {
        take()
        return Promise.resolve(true)
      }
      if (waitMs > waitMaxMs) return Promise.resolve(false)
      return new Promise((resolve) => {
        waiting.push({ deadlineMs: now() + waitMaxMs, resolve })
        wakeLater()
      })
    },
    block(untilMs) {
      blockedUntilMs = Math.max(blockedUntilMs, untilMs)
    },
  }
}
