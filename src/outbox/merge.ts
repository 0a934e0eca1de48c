import type { Tx } from '../platform/db/index.ts'
import { append } from './append.ts'
import type { RecipientRange } from './envelope.ts'
import { LANES } from './lanes.ts'
import type { Lane } from './lanes.ts'
import { deleteRows } from './settle.ts'

/** Small rows that share an envelope, and the row that takes their place. */
export interface Merge {
  id: string
  ranges: RecipientRange[]
  replaced: Buffer[]
}

/**
 * Replaces small rows by one leased row for each envelope, in one transaction, so that at every commit a row references
 * each unfinished recipient (invariant 4). The new row takes over the recipients alone: no error and no delay.
 */
export async function replaceWithMerged(
  tx: Tx,
  { type, condition }: Lane,
  merges: Merge[],
  leaseUntil: Date,
): Promise<void> {
  if (merges.length === 0) return
  const order = { condition: 'waiting', until: leaseUntil } as const
  await append(
    tx,
    merges.map(({ id, ranges }) => ({ id, type, ranges, order, isMerged: true })),
  )
  await deleteRows(
    tx,
    merges.flatMap(({ replaced }) => replaced),
    LANES[type][condition],
  )
}
