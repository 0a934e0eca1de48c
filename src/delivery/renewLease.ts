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
  // As they were at the first try: after a lost COMMIT the rows may show the marks and the count of this call.
  const before = new Map<string, Recipient>()
  return transact(
    db,
    'delivery.renew',
    async (tx) => {
      const rows = await lockRecipients(tx, toRanges(renewals.map(({ task }) => task)))
      const mine = rows.filter((row) => row.status === 'sending' && row.owner === owner)
      for (const row of mine) if (!before.has(row.reference)) before.set(row.reference, row)
      const isCounted = ({ reference, unconfirmed }: Recipient) =>
        unconfirmed > (before.get(reference)?.unconfirmed ?? unconfirmed)
      const lease = { owner, leaseSeconds: LEASE_SECONDS }
      const marked: Recipient[] = []
      for (const marks of [true, false])
        for (const counts of [true, false]) {
          const rows = mine.filter((row) => {
            const renewal = byReference.get(row.reference)
            return renewal?.isRepeat === marks && (renewal.isFurther && !isCounted(row)) === counts
          })
          await renewSending(tx, rows, { ...lease, marks, counts })
          if (marks) marked.push(...rows)
        }
      return {
        ours: new Set(mine.map(({ reference }) => reference)),
        newlyMarked: marked.filter(({ reference }) => !before.get(reference)?.possibleDuplicate).length,
      }
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}
