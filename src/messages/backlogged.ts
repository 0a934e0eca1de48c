import { Problem } from '../primitives/problem.ts'
import type { Accept } from './shards.ts'
import type { Backlogged } from './types.ts'

/** @returns why normal messages are refused now; undefined while they are not. */
export type CheckBacklog = () => Backlogged | undefined

/** Longer, and a client would be away while a backlog that a large claim ended is gone. */
const RETRY_AFTER_SECONDS_MAX = 60

/** `ageSeconds` is undefined while it is not known: then nothing is refused. */
export function openBacklogCheck(ageSeconds: () => number | undefined, maxSeconds: number): CheckBacklog {
  return () => {
    const age = ageSeconds()
    if (age === undefined || age <= maxSeconds) return undefined
    // By what it is too old: clients come back later, the further behind the relays are.
    const retryAfterSeconds = Math.min(RETRY_AFTER_SECONDS_MAX, Math.ceil(age - maxSeconds))
    return { kind: 'backlog', ageSeconds: Math.floor(age), retryAfterSeconds }
  }
}

/** Refuses normal messages while the backlog is too old. An idempotency key is looked up first: a repeat is no new work. */
export function refuseBacklogged(accept: Accept, check: CheckBacklog): Accept {
  return async (request, isGone) => {
    const backlogged = request.type === 'normal' ? check() : undefined
    if (!backlogged) return accept(request, isGone)
    if (!request.keyed) return backlogged
    const refusal = request.refusal ?? backlog(backlogged)
    const decision = await accept({ ...request, refusal }, isGone)
    const isOurs = decision.kind === 'refused' && decision.problem !== request.refusal
    return isOurs ? backlogged : decision
  }
}

/** Too much is waiting, and normal messages would only wait longer. */
export function backlog({ ageSeconds, retryAfterSeconds }: Backlogged): Problem {
  return new Problem(
    503,
    'backlog',
    `Normal messages are not accepted now: the oldest one has waited for ${ageSeconds} seconds. Express messages are. Nothing was charged.`,
    {
      members: { backlog_age_seconds: ageSeconds, retry_after_seconds: retryAfterSeconds },
      headers: { 'Retry-After': String(retryAfterSeconds) },
    },
  )
}
