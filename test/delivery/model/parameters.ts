/** A healthy run takes some 0.3 s; what a failed one is shrunk in is bounded too. */
const RUN_MS_MAX = 1_500
const SHRINK_MS_MAX = 60_000

/**
 * How a property is tried: `FC_RUNS` asks for more runs than the suite makes, `FC_SEED` for those of a run before. A
 * failure names its seed.
 */
export function parametersOf(runs: number): {
  property: {
    numRuns: number
    seed?: number
    interruptAfterTimeLimit: number
    markInterruptAsFailure: boolean
  }
  timeoutMs: number
} {
  const numRuns = Number(process.env['FC_RUNS'] ?? runs)
  const seed = process.env['FC_SEED']
  const interruptAfterTimeLimit = numRuns * RUN_MS_MAX + SHRINK_MS_MAX
  return {
    property: {
      ...{ numRuns, interruptAfterTimeLimit },
      // Whoever hangs in one of the runs has not passed the others.
      markInterruptAsFailure: true,
      ...(seed === undefined ? {} : { seed: Number(seed) }),
    },
    timeoutMs: interruptAfterTimeLimit + 2 * SHRINK_MS_MAX,
  }
}
