/** How fast operators have answered the calls of a class lately, in this process. */
export interface Latencies {
  /** A call begins. @returns what is to be called when it has ended. */
  begin(operator: string): () => void
  /** After how long 95 of 100 calls had ended; undefined while too few are known. */
  p95Ms(operator: string): number | undefined
}

/** Older answers say nothing of an operator that was slow or fast since. So one that gets no calls is soon tried again. */
const RECENT_MS = 30_000
/** Of each operator: enough for a percentile, and cheap to sort. */
const SAMPLES_MAX = 200
/** Below, the slowest call of all would decide. */
const SAMPLES_MIN = 20
const SHARE = 0.95

interface Sample {
  endedAtMs: number
  durationMs: number
}

export function openLatencies(nowMs: () => number = () => performance.now()): Latencies {
  const samples = new Map<string, Sample[]>()
  const running = new Map<string, Set<{ startedAtMs: number }>>()
  return {
    begin(operator) {
      const call = { startedAtMs: nowMs() }
      const calls = running.get(operator) ?? new Set()
      running.set(operator, calls.add(call))
      return () => {
        if (!calls.delete(call)) return
        const endedAtMs = nowMs()
        const kept = samples.get(operator) ?? []
        kept.push({ endedAtMs, durationMs: endedAtMs - call.startedAtMs })
        samples.set(operator, kept.slice(-SAMPLES_MAX))
      }
    },
    p95Ms(operator) {
      const now = nowMs()
      const recent = (samples.get(operator) ?? []).filter(({ endedAtMs }) => endedAtMs > now - RECENT_MS)
      const ended = recent.map(({ durationMs }) => durationMs)
      const slowest = percentile(ended) ?? 0
      // A call that is in flight for longer than most have taken is known to be slow before it has ended.
      const late = [...(running.get(operator) ?? [])]
        .map(({ startedAtMs }) => now - startedAtMs)
        .filter((ms) => ms > slowest)
      return ended.length + late.length < SAMPLES_MIN ? undefined : percentile([...ended, ...late])
    },
  }
}

function percentile(durationsMs: number[]): number | undefined {
  return durationsMs.toSorted((a, b) => a - b)[Math.ceil(durationsMs.length * SHARE) - 1]
}
