import type { Accepted, Settlement } from '../effects.ts'
import type { PendingTask } from '../pendingTask.ts'
import { mergePending } from './mergePending.ts'

/** The call that was made first, or the one beside it. */
export type Side = 'first' | 'hedge'

/** What one side came to without a final result. */
export interface Submitted {
  undecided: PendingTask[]
  /** Without a result, and without a further submission in this run. */
  notSubmitted: PendingTask[]
}

export interface Concluded extends Submitted {
  /** What one side rejected, and the other one may have taken. */
  contested: { pending: PendingTask; rejection: Settlement }[]
}

export interface Race {
  /** The tasks that no side has settled. They may be sent to the second operator now. */
  begin(): PendingTask[]
  isSettled(pending: PendingTask): boolean
  /** Takes final results of a side. */
  take(side: Side, settlements: Settlement[]): void
  /** A side has ended. */
  end(side: Side, submitted: Submitted, operator: string): void
  /** What is left after both sides have ended. */
  conclude(): Concluded
  /** Resolves when every task is settled, although a side may still be in flight. */
  allSettled: Promise<void>
}

export interface RaceEvents {
  onResults: (settlements: Settlement[]) => void
  /** The second operator accepted them first. */
  onWon: (messages: number) => void
  /** Both accepted them: these are the later results. */
  onTwice: (settlements: Accepted[]) => void
}

/**
 * Two calls with the same messages. The first acceptance settles a message; a rejection settles it once the other call has
 * ended without an acceptance (invariant 3).
 */
export function openRace(tasks: readonly PendingTask[], events: RaceEvents): Race {
  const settled = new Set<string>()
  const rejected = new Map<string, Settlement>()
  const begun = new Set<string>()
  const left = { first: new Map<string, PendingTask>(), hedge: new Map<string, PendingTask>() }
  const notSubmitted: PendingTask[] = []
  let secondOperator = ''
  const all = Promise.withResolvers<void>()
  const settle = (settlements: Settlement[]) => {
    if (settlements.length === 0) return
    for (const { task } of settlements) settled.add(task.reference)
    events.onResults(settlements)
    if (settled.size === tasks.length) all.resolve()
  }
  return {
    allSettled: all.promise,
    isSettled: ({ task }) => settled.has(task.reference),
    begin() {
      const open = tasks.filter(({ task }) => !settled.has(task.reference))
      for (const { task } of open) begun.add(task.reference)
      return open
    },
    take(side, settlements) {
      const isLate = ({ task }: Settlement) => settled.has(task.reference)
      const done = settlements.filter((each) => each.kind === 'done')
      const [late, accepted] = [done.filter(isLate), done.filter((each) => !isLate(each))]
      if (late.length > 0) events.onTwice(late)
      if (side === 'hedge' && accepted.length > 0) events.onWon(accepted.length)
      const others = settlements.filter((each) => each.kind !== 'done' && !isLate(each))
      const waiting = others.filter(({ task }) => begun.has(task.reference))
      // A rejection by an operator replaces an expiry as the reason.
      for (const each of waiting)
        if (!isNamed(rejected.get(each.task.reference))) rejected.set(each.task.reference, each)
      settle([...accepted, ...others.filter((each) => !waiting.includes(each))])
    },
    end(side, submitted, operator) {
      if (side === 'hedge') secondOperator = operator
      else notSubmitted.push(...submitted.notSubmitted)
      for (const each of submitted.undecided) left[side].set(each.task.reference, each)
      if (side === 'hedge')
        for (const each of submitted.notSubmitted) left.hedge.set(each.task.reference, each)
    },
    conclude() {
      const open = tasks.filter(({ task }) => !settled.has(task.reference))
      const contested = open.flatMap(({ task: { reference } }) => {
        const rejection = rejected.get(reference)
        const pending = [left.first, left.hedge].map((side) => side.get(reference)).find(isUnknown)
        return rejection && pending ? [{ pending, rejection }] : []
      })
      const isContested = new Set(contested.map(({ pending }) => pending.task.reference))
      const decided = open.filter(({ task }) => !isContested.has(task.reference))
      settle(decided.flatMap(({ task }) => rejected.get(task.reference) ?? []))
      const undecided = open.flatMap((given) => {
        const { reference } = given.task
        const first = left.first.get(reference)
        if (!first || settled.has(reference) || isContested.has(reference)) return []
        if (!begun.has(reference)) return [first]
        // Without a result of the second side it is no longer ours: see prepare().
        const second = left.hedge.get(reference)
        return second ? [mergePending(given, first, { pending: second, operator: secondOperator })] : []
      })
      const isOpen = ({ task }: PendingTask) =>
        !settled.has(task.reference) && !isContested.has(task.reference)
      return { undecided, notSubmitted: notSubmitted.filter(isOpen), contested }
    },
  }
}

function isUnknown(pending: PendingTask | undefined): boolean {
  return pending?.attempt.result.kind === 'unknown'
}

function isNamed(settlement: Settlement | undefined): boolean {
  return settlement?.kind === 'failed' && settlement.provider !== ''
}
