import type { GeneratorPlan } from './plan.ts'

/** When each request is due, independent of earlier results. Times on the clock of `startMs`. */
export interface Timetable {
  warmUpRequests: number
  requests: number
  measuredFromMs: number
  measuredUntilMs: number
  /** After this time no late request is sent. */
  endsAtMs: number
  dueMs: (index: number) => number
  /** How many requests were due by then. */
  dueBy: (timeMs: number) => number
}

/** How many requests there are: those of the warm-up, and those of the measured time. */
export function requestsOf({ ratePerSecond, warmUpMs, durationMs }: GeneratorPlan) {
  return {
    warmUp: Math.round((ratePerSecond * warmUpMs) / 1_000),
    measured: Math.max(1, Math.round((ratePerSecond * durationMs) / 1_000)),
  }
}

export function createTimetable(plan: GeneratorPlan, startMs: number): Timetable {
  const { ratePerSecond, durationMs, overtimeMs } = plan
  const { warmUp, measured } = requestsOf(plan)
  const requests = warmUp + measured
  const dueMs = (index: number) => startMs + (index * 1_000) / ratePerSecond
  const measuredFromMs = dueMs(warmUp)
  return {
    warmUpRequests: warmUp,
    requests,
    measuredFromMs,
    measuredUntilMs: measuredFromMs + durationMs,
    endsAtMs: dueMs(requests) + overtimeMs,
    dueMs,
    dueBy: (timeMs) =>
      timeMs < startMs ? 0 : Math.min(requests, Math.floor(((timeMs - startMs) * ratePerSecond) / 1_000) + 1),
  }
}
