import type { Outcome } from './exchange.ts'
import type { Kind, Plan } from './plan.ts'

export interface Offence {
  plan: Plan
  faults: string[]
}

export interface KindCount {
  requests: number
  answered: number
  closed: number
  left: number
  slowestMs: number
}

/** The sent requests and their results, in bounded memory. */
export interface Tally {
  done: number
  kinds: Map<Kind, KindCount>
  /** Answers by status. */
  statuses: Map<number, number>
  /** The first ones; `offenders` is how many there were. */
  offences: Offence[]
  offenders: number
}

const OFFENCES_KEPT_MAX = 20

export function openTally(): Tally {
  return { done: 0, kinds: new Map(), statuses: new Map(), offences: [], offenders: 0 }
}

export function record(
  tally: Tally,
  plan: Plan,
  { answers, end, durationMs }: Outcome,
  faults: string[],
): void {
  tally.done++
  const count = tally.kinds.get(plan.kind) ?? { requests: 0, answered: 0, closed: 0, left: 0, slowestMs: 0 }
  tally.kinds.set(plan.kind, count)
  count.requests++
  if (end === 'left') count.left++
  else if (answers.length > 0) count.answered++
  else count.closed++
  count.slowestMs = Math.max(count.slowestMs, durationMs)
  for (const { status } of answers) tally.statuses.set(status, (tally.statuses.get(status) ?? 0) + 1)
  if (faults.length === 0) return
  tally.offenders++
  if (tally.offences.length < OFFENCES_KEPT_MAX) tally.offences.push({ plan, faults })
}
