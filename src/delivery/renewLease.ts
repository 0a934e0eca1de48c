import { lockRecipients, renewSending, toRanges } from '../messages/index.ts'
import type { Recipient } from '../messages/index.ts'
import { transact } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { InFlight, Task } from './inFlight.ts'
import { LEASE_SECONDS } from './lease.ts'

/** A task before its next submission. */
export interface Renewal {
  task: Task
  /** An operator may have it already, so that the submission could be a repeat. */
  isRepeat: boolean
  /** The claim does not count it. */
  isFurther: boolean
}

/**
 * Renews the lease before a further submission, and marks and counts the ones that could be repeats (invariant 4).
 * @returns the references that are still ours, and how many recipients this call was the first to mark.
 */
export async function renewLease(
  db: Db,
  renewals: Renewal[],
  { owner }: Pick<InFlight, 'owner'>,
): Promise<{ ours: Set<string>; newlyMarked: number }> {
  const byReference = new Map(renewals.map((renewal) => [renewal.task.reference, renewal]))
  return transact(
    db,
    'delivery.renew',
    async (tx) => {
      const rows = await lockRecipients(tx, toRanges(renewals.map(({ task }) => task)))
      const mine = rows.filter((row) => row.status === 'sending' && row.owner === owner)
      const lease = { owner, leaseSeconds: LEASE_SECONDS }
      const marked: Recipient[] = []
      for (const marks of [true, false])
        for (const counts of [true, false]) {
          const rows = mine.filter(({ reference }) => {
            const renewal = byReference.get(reference)
            return renewal?.isRepeat === marks && renewal.isFurther === counts
          })
          await renewSending(tx, rows, { ...lease, marks, counts })
          if (marks) marked.push(...rows)
        }
      return {
        ours: new Set(mine.map(({ reference }) => reference)),
        newlyMarked: marked.filter(({ possibleDuplicate }) => !possibleDuplicate).length,
      }
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}
