import { createBatcher } from '../platform/batcher.ts'
import { transact } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import type { ReceiptEvents } from './events.ts'
import type { RawReceipt } from './types.ts'
import { insertWaiting } from './waiting.ts'
import type { NewReceipt } from './waiting.ts'

/**
 * Stores a request or PDU with receipts uninterpreted, and resolves when it is committed: only then its operator may be
 * answered. Rejects with Unavailable when it may not be stored: the operator sends it again.
 */
export type StoreReceipts = (receipt: RawReceipt) => Promise<void>

/** Of one transaction, by weight: a row for each small one, 2 MiB of large ones. */
const BATCH_WEIGHT_MAX = 1_000
const BYTES_PER_WEIGHT = 2_048
/** Two, so that one is decided while the other one's COMMIT waits for the disk. */
const TRANSACTIONS_MAX = 2
/** Some seconds of the highest rate. */
const WAITING_MAX = 20_000
const WAIT_MAX_MS = 5_000

export interface StoreContext {
  db: Db
  newId: () => string
  events: ReceiptEvents
  /** Called when something was stored. */
  onStored: () => void
}

/** Receipts that arrive while a transaction is in flight share the next one. */
export function openReceiptStore({ db, newId, events, onStored }: StoreContext): StoreReceipts {
  const batcher = createBatcher<NewReceipt, undefined>({
    batchWeightMax: BATCH_WEIGHT_MAX,
    weigh: ({ raw }) => Math.ceil((raw.length + 1) / BYTES_PER_WEIGHT),
    maxConcurrency: TRANSACTIONS_MAX,
    runBatch: async (receipts) => {
      await transact(db, 'receipts.store', (tx) => insertWaiting(tx, receipts), {
        // Under the same identifiers, so that it may run again.
        resolve: () => Promise.resolve(undefined),
      })
      return receipts.map(() => undefined)
    },
    admission: {
      waitingWeightMax: WAITING_MAX,
      waitingItemsMax: WAITING_MAX,
      ownerOf: ({ operator }) => operator,
      waitMaxMs: WAIT_MAX_MS,
      isGone: () => false,
      refuse: () => new Unavailable('overloaded', 'Too many receipts are being stored. Nothing was changed.'),
    },
  })
  return async (receipt) => {
    await batcher.add({ ...receipt, id: newId() })
    events.stored(receipt)
    onStored()
  }
}
