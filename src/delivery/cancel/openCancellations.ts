import { createBatcher } from '../../platform/batcher.ts'
import type { Db } from '../../platform/db/index.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import { cancel } from './cancel.ts'
import type { Cancellation, MessageKey } from './cancel.ts'

/** Cancellations of a process at once: each keeps a connection while it waits for its customer's balance. */
const AT_ONCE_MAX = 4
const WAITING_MAX = 1_000
const WAIT_MAX_MS = 2_000

/** Cancels one message of a customer after the other, and those of a few customers at once. */
export function openCancellations(db: Db): (key: MessageKey) => Promise<Cancellation | undefined> {
  const batcher = createBatcher<MessageKey, Cancellation | undefined>({
    batchWeightMax: 1,
    weigh: () => 1,
    keyOf: ({ userId }) => userId,
    maxConcurrency: AT_ONCE_MAX,
    runBatch: (keys) => Promise.all(keys.map((key) => cancel({ db }, key))),
    admission: {
      waitingWeightMax: WAITING_MAX,
      waitingItemsMax: WAITING_MAX,
      ownerOf: ({ userId }) => userId,
      waitMaxMs: WAIT_MAX_MS,
      isGone: () => false,
      refuse: () =>
        new Unavailable('overloaded', 'Too many messages are being cancelled. Nothing was changed.'),
    },
  })
  return (key) => batcher.add(key)
}
