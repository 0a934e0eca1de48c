import type { OpenReference, References } from '../../operators/index.ts'
import { createBatcher } from '../../platform/batcher.ts'
import type { Batcher } from '../../platform/batcher.ts'
import { transact } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { digitsOf } from '../../primitives/address.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import { toKey } from '../toKey.ts'
import type { RecipientKey } from '../recipients.ts'
import { giveReferences } from './giveReferences.ts'
import type { Wanted } from './giveReferences.ts'
import { removeReferences } from './removeReferences.ts'

const BATCH_MAX = 500
const WAITING_MAX = 20_000
/** As long as a call has. */
const WAIT_MAX_MS = 5_000

/**
 * References from the database, so that all consumers together never give one twice at a number; messages that come
 * while a transaction is in flight share the next one. `open` rejects with Unavailable while the database cannot be
 * reached.
 */
export function openPartReferences(db: Db): References {
  const given = batch<Wanted, number | undefined>(async (wanted) => {
    const run = { resolve: () => Promise.resolve(undefined) }
    return transact(db, 'messages.give_references', (tx) => giveReferences(tx, wanted), run)
  })
  const removed = batch<RecipientKey, undefined>(async (keys) => {
    await transact(db, 'messages.remove_references', (tx) => removeReferences(tx, keys))
    return keys.map(() => undefined)
  })
  return {
    async open({ reference, to }): Promise<OpenReference | undefined> {
      const key = toKey(reference)
      if (!key) throw new TypeError(`${reference} is no message's reference`)
      const value = await given.add({ ...key, recipient: digitsOf(to) })
      if (value === undefined) return undefined
      // What is not removed now is removed by age.
      return { value, release: () => void removed.add(key).catch(() => {}) }
    },
  }
}

function batch<I, O>(runBatch: (items: I[]) => Promise<O[]>): Batcher<I, O> {
  return createBatcher<I, O>({
    batchWeightMax: BATCH_MAX,
    weigh: () => 1,
    // The messages of one call share a run.
    begin: setImmediate,
    runBatch,
    admission: {
      ...{ waitingWeightMax: WAITING_MAX, waitingItemsMax: WAITING_MAX, waitMaxMs: WAIT_MAX_MS },
      isGone: () => false,
      refuse: () => new Unavailable('overloaded', 'Too many messages wait for a reference of their parts.'),
    },
  })
}
