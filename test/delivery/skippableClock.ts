/** This process's monotonic clock, which a test may move forwards. */
export interface SkippableClock {
  skipMs: number
  restore(): void
}

export function skippableClock(): SkippableClock {
  const real = performance.now.bind(performance)
  const clock = {
    skipMs: 0,
    restore: () => {
      performance.now = real
    },
  }
  performance.now = () => real() + clock.skipMs
  return clock
}
