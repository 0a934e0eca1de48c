import type { ClaimedEndpoint } from './claimEndpoints.ts'
import type { Attempt } from './runTurn.ts'
import { pauseMs, SLOW_MS } from './schedule.ts'

/** How an endpoint stands after a turn. */
export interface Health {
  status: 'active' | 'disabled'
  /** Why this turn disabled it. */
  disabled: 'gone' | 'failing' | undefined
  /** A test succeeded at a disabled one. */
  resumed: boolean
  failures: number
  /** Of `failing_since`: `keep` sets it unless it is set. */
  since: 'keep' | 'clear' | 'as_it_is'
  isSlow: boolean
  /** How long the endpoint rests before its next delivery. */
  pauseMs: number
}

/**
 * Judges an endpoint by the answers of a turn, in their order: 410 or days of failures disable one, and a test that
 * succeeds resumes it. The addresses of single messages share a row: they are never paused or disabled together.
 */
export function judge(
  { kind, failures: before, isSlow: wasSlow }: Pick<ClaimedEndpoint, 'kind' | 'failures' | 'isSlow'>,
  attempts: Attempt[],
  { isOver, status: statusBefore }: { isOver: boolean; status: 'active' | 'disabled' },
): Health {
  let failures = before
  let since: Health['since'] = 'as_it_is'
  let isSlow = wasSlow
  let askedMs = 0
  for (const { answer } of attempts) {
    const isDelivered = answer.result === 'delivered'
    failures = isDelivered ? 0 : failures + 1
    since = isDelivered ? 'clear' : 'keep'
    isSlow = !isDelivered || answer.durationMs > SLOW_MS
    askedMs = isDelivered ? 0 : Math.max(askedMs, answer.retryAfterMs ?? 0)
  }
  const health = { failures, since, isSlow, disabled: undefined, resumed: false, pauseMs: 0 }
  if (kind === 'callback') return { ...health, status: 'active' }
  const hasSucceeded = attempts.some(({ answer }) => answer.result === 'delivered')
  if (statusBefore === 'disabled')
    return { ...health, status: hasSucceeded ? 'active' : 'disabled', resumed: hasSucceeded }
  const isGone = attempts.some(({ answer }) => answer.status === 410)
  const isFailing = isOver && since === 'keep' && !hasSucceeded
  if (isGone || isFailing) return { ...health, status: 'disabled', disabled: isGone ? 'gone' : 'failing' }
  return { ...health, status: 'active', pauseMs: Math.max(askedMs, pauseMs(failures)) }
}
