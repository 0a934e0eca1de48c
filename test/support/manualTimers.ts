import type { After } from '../../src/platform/loop.ts'

export interface ManualTimers {
  after: After
  /** Waits that are running now, in milliseconds. */
  waits: () => number[]
  /** Lets the oldest running wait end. */
  fire: () => void
}

/** Time for a test to hold in its hand: waits end when the test says so. */
export function manualTimers(): ManualTimers {
  const running: { ms: number; fn: () => void }[] = []
  const drop = (timer: { ms: number; fn: () => void }) => {
    const index = running.indexOf(timer)
    if (index >= 0) running.splice(index, 1)
  }
  return {
    after(ms, fn) {
      const timer = { ms, fn }
      running.push(timer)
      return () => drop(timer)
    },
    waits: () => running.map(({ ms }) => ms),
    fire() {
      const [oldest] = running
      if (!oldest) throw new Error('nothing waits')
      drop(oldest)
      oldest.fn()
    },
  }
}
