import { isAccepting } from '../../generator/index.ts'
import type { RunResult } from '../../result.ts'

/** The required share of the offered rate. It is below 1, because an answer may arrive in the next second. */
const ACCEPTED_SHARE_MIN = 0.97
/** Above this latency the system is overloaded, whatever its backlog. */
const HTTP_P99_MAX_MS = 1_000

/** Whether the rate was sustainable: no refusals, answers in time, and a flat backlog. */
export function isSustained(run: RunResult): boolean {
  const { recipients, answers, unsentRequests, http, flat } = run
  const isAccepted = recipients.acceptedPerSecond >= offeredPerSecond(run) * ACCEPTED_SHARE_MIN
  const isRefused = Object.entries(answers).some(([answer, count]) => !isAccepting(answer) && count > 0)
  const isFlat = flat?.backlog?.isFlat ?? true
  return isAccepted && !isRefused && unsentRequests === 0 && http.p99Ms <= HTTP_P99_MAX_MS && isFlat
}

/** Messages a second from end to end: both accepted and finished. */
export function messagesPerSecond({ recipients }: RunResult): number {
  return Math.min(recipients.acceptedPerSecond, recipients.donePerSecond ?? 0)
}

/** The same without the backlog of the warm-up, so at most the offered rate. */
export function carriedOfOffered(run: RunResult): number {
  return Math.min(messagesPerSecond(run), offeredPerSecond(run))
}

/** In messages. */
function offeredPerSecond({ offeredPerSecond: requests, settings }: RunResult): number {
  return requests * Number(settings['recipients'] ?? 1)
}
