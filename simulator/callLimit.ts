/** Bounds the calls in any second. A call that is not admitted does not count. */
export interface CallLimit {
  admits(): boolean
}

const WINDOW_MS = 1_000

export function createCallLimit(callsPerSecondMax: number, now = () => performance.now()): CallLimit {
  const admittedAtMs = new Array<number>(callsPerSecondMax).fill(-Infinity)
  let oldest = 0
  return {
    admits() {
      const nowMs = now()
      if (nowMs - (admittedAtMs[oldest] ?? 0) < WINDOW_MS) return false
      admittedAtMs[oldest] = nowMs
      oldest = (oldest + 1) % callsPerSecondMax
      return true
    },
  }
}
