import type { BulkKey } from '../../messages/index.ts'
import { createBatcher } from '../../platform/batcher.ts'
import type { Db } from '../../platform/db/index.ts'
import { currentTraceparent } from '../../platform/telemetry/index.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import { cancel } from './cancel.ts'
import type { Cancellation, MessageKey } from './cancel.ts'
import { cancelBulk } from './cancelBulk.ts'
import type { BulkCancellation } from './cancelBulk.ts'

/** How many cancellations a process runs at once and lets wait, and for how long. */
interface Bounds {
  atOnceMax: number
  waitingMax: number
  waitMaxMs: number
}

/** Each keeps a connection while it waits for its customer's balance. */
const MESSAGES: Bounds = { atOnceMax: 4, waitingMax: 1_000, waitMaxMs: 2_000 }
/** A bulk takes some seconds: apart from messages, which would wait for as long. */
const BULKS: Bounds = { atOnceMax: 2, waitingMax: 100, waitMaxMs: 20_000 }

/** Cancels one message of a customer after the other, and those of a few customers at once. */
export function openCancellations(db: Db): (key: MessageKey) => Promise<Cancellation | undefined> {
  return openQueue(MESSAGES, (key, requestedBy) => cancel({ db, requestedBy }, key))
}

/** The same for bulks. */
export function openBulkCancellations(db: Db): (key: BulkKey) => Promise<BulkCancellation | undefined> {
  return openQueue(BULKS, (key, requestedBy) => cancelBulk({ db, requestedBy }, key))
}

interface Asked<K> {
  key: K
  /** The span of the request; it runs in the batcher's turn, which belongs to no request. */
  requestedBy: string | undefined
}

function openQueue<K extends { userId: number }, R>(
  { atOnceMax, waitingMax, waitMaxMs }: Bounds,
  run: (key: K, requestedBy: string | undefined) => Promise<R>,
): (key: K) => Promise<R> {
  const batcher = createBatcher<Asked<K>, R>({
    batchWeightMax: 1,
    weigh: () => 1,
    keyOf: ({ key }) => key.userId,
    maxConcurrency: atOnceMax,
    runBatch: (batch) => Promise.all(batch.map(({ key, requestedBy }) => run(key, requestedBy))),
    admission: {
      waitingWeightMax: waitingMax,
      waitingItemsMax: waitingMax,
      ownerOf: ({ key }) => key.userId,
      waitMaxMs,
      isGone: () => false,
      refuse: () =>
        new Unavailable('overloaded', 'Too many messages are being cancelled. Nothing was changed.'),
    },
  })
  return (key) => batcher.add({ key, requestedBy: currentTraceparent() })
}
