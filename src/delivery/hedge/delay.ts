import type { Candidate } from '../chooseCandidate.ts'
import type { PendingTask } from '../pendingTask.ts'
import type { Latencies } from './latencies.ts'

/** An answer that would come within this time is waited for. */
const FLOOR_MS = 50
/** Of the guarantee: what is left is for the queue, and for the second operator. */
const GUARANTEE_SHARE = 1 / 4

/** @returns the longest wait for the first operator, by the shortest guarantee of the tasks. */
export function capMsOf(tasks: readonly PendingTask[]): number {
  const withinMs = tasks.map(({ task: { guaranteedByMs, acceptedAtMs } }) => guaranteedByMs - acceptedAtMs)
  return Math.max(FLOOR_MS, Math.round(Math.min(...withinMs) * GUARANTEE_SHARE))
}

/** @returns how long the first operator is waited for: its recent p95, or the cap while that is unknown. */
export function hedgeAfterMs(p95Ms: number | undefined, capMs: number): number {
  return Math.min(capMs, Math.max(FLOOR_MS, p95Ms ?? capMs))
}

/** An operator that is known to be slower than what would be waited for is asked last, or every message would be sent twice. */
export function slowLast(candidates: Candidate[], latencies: Latencies, capMs: number): Candidate[] {
  const isSlow = ({ operator }: Candidate) => (latencies.p95Ms(operator.name) ?? 0) > capMs
  const slow = new Set(candidates.filter(isSlow))
  if (slow.size === 0) return candidates
  return [...candidates.filter((each) => !slow.has(each)), ...slow]
}
