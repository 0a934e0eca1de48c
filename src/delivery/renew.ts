import { lockRecipients, markSending, toRanges } from '../messages/index.ts'
import { transact } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { Task } from './inFlight.ts'
import { LEASE_SECONDS } from './lease.ts'

/**
 * Renews the lease before a further try, and marks those that an operator may have already as possible duplicates,
 * before it gets them again (invariant 4). @returns the tasks that are still ours (what a new owner took over is left
 * to it), and how many this call marked and nobody before.
 */
export async function renew(
  db: Db,
  tasks: Task[],
  owner: string,
): Promise<{ tasks: Task[]; newlyMarked: number }> {
  const { ours, newlyMarked } = await transact(
    db,
    'delivery.renew',
    async (tx) => {
      const rows = await lockRecipients(tx, toRanges(tasks))
      const sent = new Set(tasks.filter(({ possiblySent }) => possiblySent).map(({ reference }) => reference))
      const mine = rows.filter((row) => row.status === 'sending' && row.owner === owner)
      const again = mine.filter(({ reference }) => sent.has(reference))
      const first = mine.filter(({ reference }) => !sent.has(reference))
      await markSending(tx, again, { owner, leaseSeconds: LEASE_SECONDS, again: true })
      await markSending(tx, first, { owner, leaseSeconds: LEASE_SECONDS, again: false })
      const newlyMarked = again.filter(({ possibleDuplicate }) => !possibleDuplicate).length
      return { ours: new Set(mine.map(({ reference }) => reference)), newlyMarked }
    },
    { resolve: () => Promise.resolve(undefined) },
  )
  return { tasks: tasks.filter(({ reference }) => ours.has(reference)), newlyMarked }
}
