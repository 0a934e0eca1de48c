import { LockTimeout, transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import { returnPrices } from './returnPrices.ts'
import type { GivenBack, ReturnOptions, WantedReturn } from './returnPrices.ts'

/** Returns of one kind that are due. */
export interface DueReturns extends Pick<ReturnOptions, 'isDue'> {
  db: Db
  /** The name of each transaction. */
  operation: string
  wanted: readonly WantedReturn[]
  /** Writes in the same transaction what else follows from it. */
  write?: (tx: Tx, returned: GivenBack) => Promise<void>
  /** Called after each transaction. */
  onReturned: (returned: GivenBack) => void
}

/** Customers with a locked balance that are waited for in one round. The next round finds the others. */
const BLOCKED_MAX = 10

/**
 * Gives back prices in one transaction that waits for no balance, and then waits for some locked ones in transactions of
 * their own. Any number of relays may do so: what one has given back is not left for another.
 */
export async function returnDue(due: DueReturns): Promise<void> {
  if (due.wanted.length === 0) return
  const { blocked } = await returnTogether(due, due.wanted, { waits: false })
  const byCustomer = Map.groupBy(blocked, ({ userId }) => userId)
  for (const wanted of [...byCustomer.values()].slice(0, BLOCKED_MAX)) {
    try {
      await returnTogether(due, wanted, { waits: true })
    } catch (error) {
      // Still locked: the next round finds them again.
      if (!(error instanceof LockTimeout)) throw error
    }
  }
}

/** May run again after a lost COMMIT: nothing is left then. */
async function returnTogether(
  { db, operation, isDue, write, onReturned }: DueReturns,
  wanted: readonly WantedReturn[],
  { waits }: Pick<ReturnOptions, 'waits'>,
): Promise<GivenBack> {
  const returned = await transact(
    db,
    operation,
    async (tx) => {
      const returned = await returnPrices(tx, wanted, { isDue, waits })
      await write?.(tx, returned)
      return returned
    },
    { resolve: () => Promise.resolve(undefined), throwsLockTimeout: waits },
  )
  onReturned(returned)
  return returned
}
