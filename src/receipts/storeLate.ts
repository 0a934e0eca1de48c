import type { DeadlineEvents, Misses } from '../deadlines/index.ts'
import { applyReceipts } from '../delivery/index.ts'
import type { MatchedReceipt } from '../delivery/index.ts'
import { storeOperatorMessages, storeOperatorParts, toKey } from '../messages/index.ts'
import type { LateResult, PriceOf } from '../operators/index.ts'
import { createBatcher } from '../platform/batcher.ts'
import { transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import type { ReceiptEvents } from './events.ts'

/** Stores the identifier of a late result, so that its receipt matches. Never rejects: without it that is an orphan. */
export type StoreLate = (operator: string, late: LateResult) => void

const BATCH_MAX = 500
/** After an outage of some seconds at a high rate. */
const WAITING_MAX = 20_000
const WAIT_MAX_MS = 60_000

interface Late {
  operator: string
  late: LateResult
}

export interface LateStoreSettings {
  db: Db
  events: ReceiptEvents
  deadlines: Pick<DeadlineEvents, 'missed'>
  /** What an operator charges for a part. */
  priceOf: (operator: string) => PriceOf
}

export function openLateStore({ db, events, deadlines, priceOf }: LateStoreSettings): StoreLate {
  const batcher = createBatcher<Late, undefined>({
    batchWeightMax: BATCH_MAX,
    weigh: () => 1,
    runBatch: async (items) => {
      const misses = await transact(db, 'receipts.store_late', (tx) => storeLateResults(tx, items, priceOf), {
        resolve: () => Promise.resolve(undefined),
      })
      deadlines.missed(misses)
      return items.map(() => undefined)
    },
    admission: {
      ...{ waitingWeightMax: WAITING_MAX, waitingItemsMax: WAITING_MAX, waitMaxMs: WAIT_MAX_MS },
      isGone: () => false,
      refuse: () => new Unavailable('overloaded', 'Too many late results are being stored.'),
    },
  })
  return (operator, late) =>
    void batcher.add({ operator, late }).catch((error: unknown) => events.lateNotStored({ operator, error }))
}

/**
 * A late result by which an operator took a whole message ends that, if it is unfinished. Its identifier is stored;
 * results without one change nothing else. @returns guarantees that were missed by that.
 */
export async function storeLateResults(
  tx: Tx,
  items: Late[],
  priceOf?: (operator: string) => PriceOf,
): Promise<Misses> {
  const { misses } = await applyReceipts(tx, items.flatMap(toProof), priceOf)
  for (const { operator, late } of items) {
    const { reference, part, parts, result } = late
    const key = toKey(reference)
    if (!key || result.kind !== 'accepted' || result.operatorMessageId === null) continue
    const id = result.operatorMessageId
    if (parts === 1) await storeOperatorMessages(tx, operator, [{ ...key, providerMessageId: id }])
    else {
      const partIds = Array.from({ length: parts }, (_, index) => (index + 1 === part ? id : null))
      await storeOperatorParts(tx, operator, [{ ...key, partIds }])
    }
  }
  return misses
}

/** As good as a receipt that says nothing final. */
function toProof({ operator, late: { reference, parts, result } }: Late): MatchedReceipt[] {
  const key = toKey(reference)
  if (!key || result.kind !== 'accepted' || parts > 1) return []
  return [{ ...key, operator, verdict: null, reason: '', partNo: null }]
}
