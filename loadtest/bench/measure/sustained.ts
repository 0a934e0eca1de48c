import type { RunResult } from '../../result.ts'

/** Of what was offered: a second's requests may be answered in the next. */
const ACCEPTED_SHARE_MIN = 0.97
/** Whoever waits longer than this has a system that is full, whatever the backlog behind it. */
const HTTP_P99_MAX_MS = 1_000

/** Whether the run could have gone on at this rate: nothing refused, answers in time, and the backlog flat. */
export function isSustained(run: RunResult): boolean {
  const { recipients, answers, unsentRequests, http, flat } = run
  const isAccepted = recipients.acceptedPerSecond >= offeredPerSecond(run) * ACCEPTED_SHARE_MIN
  const isRefused = Object.entries(answers).some(([answer, count]) => answer !== '200' && count > 0)
  const isFlat = flat?.backlog?.isFlat ?? true
  return isAccepted && !isRefused && unsentRequests === 0 && http.p99Ms <= HTTP_P99_MAX_MS && isFlat
}

/** Messages a second from end to end: what was both taken in and brought to its end. */
export function messagesPerSecond({ recipients }: RunResult): number {
  return Math.min(recipients.acceptedPerSecond, recipients.donePerSecond ?? 0)
}

/** The same without what waited from the warm-up and was worked off besides: at most what was offered. */
export function carriedOfOffered(run: RunResult): number {
  return Math.min(messagesPerSecond(run), offeredPerSecond(run))
}

/** In messages. */
function offeredPerSecond({ offeredPerSecond: requests, settings }: RunResult): number {
  return requests * Number(settings['recipients'] ?? 1)
}
