import { lockRecipients, renewSending, toRanges } from '../messages/index.ts'
import { transact } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { InFlight, Task } from './inFlight.ts'
import { LEASE_SECONDS } from './lease.ts'

/** A task, and whether an operator may have it already, so that the next submission could be a repeat. */
export interface Renewal {
  task: Task
  isRepeat: boolean
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
  const repeats = new Set(renewals.filter(({ isRepeat }) => isRepeat).map(({ task }) => task.reference))
  return transact(
    db,
    'delivery.renew',
    async (tx) => {
      const rows = await lockRecipients(tx, toRanges(renewals.map(({ task }) => task)))
      const mine = rows.filter((row) => row.status === 'sending' && row.owner === owner)
      const again = mine.filter(({ reference }) => repeats.has(reference))
      const others = mine.filter(({ reference }) => !repeats.has(reference))
      const lease = { owner, leaseSeconds: LEASE_SECONDS }
      await renewSending(tx, again, { ...lease, again: true })
      await renewSending(tx, others, { ...lease, again: false })
      return {
        ours: new Set(mine.map(({ reference }) => reference)),
        newlyMarked: again.filter(({ possibleDuplicate }) => !possibleDuplicate).length,
      }
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}
