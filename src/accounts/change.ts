import { transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import { isRecorded, recordChange } from './adminLog.ts'
import type { Change } from './adminLog.ts'
import { lockRevision, raiseRevision } from './revision.ts'

/** What changes of accounts need. */
export interface AccountsContext {
  db: Db
  newId: () => string
}

/** The result of a change; without `change` nothing was changed. */
export interface Changed<T> {
  result: T
  change?: Change
  /** Makes the processes read again what changed: customers and keys by default. */
  raise?: (tx: Tx) => Promise<void>
}

/**
 * Changes customers, keys or tariffs: the rows, the record of who changed them, and the revision that makes every process
 * read them again commit together. All changes wait for each other on the revision's lock, so `work` sees no half of one.
 * @throws Unavailable when nothing was changed, CommitUnknown when that is not known.
 */
export function changeAccounts<T>(
  { db, newId }: AccountsContext,
  operation: string,
  work: (tx: Tx) => Promise<Changed<T>>,
): Promise<T> {
  const logId = newId()
  let latest: T | undefined
  return transact(
    db,
    operation,
    async (tx) => {
      await lockRevision(tx)
      const { result, change, raise = raiseRevision } = await work(tx)
      latest = result
      if (!change) return result
      await recordChange(tx, logId, change)
      await raise(tx)
      return result
    },
    {
      async resolve(tx) {
        await lockRevision(tx)
        return (await isRecorded(tx, logId)) ? latest : undefined
      },
    },
  )
}
