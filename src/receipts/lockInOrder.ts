import type { Receipt } from '../operators/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { readStored } from './readStored.ts'
import type { ReceiptSources } from './readStored.ts'
import type { StoredReceipt } from './types.ts'
import { findByWaitKeys, lockWaiting } from './waiting.ts'
import { waitKeysOf } from './waitKeys.ts'

/** A stored row, and what is in it. */
export interface ReadReceipt {
  row: StoredReceipt
  content: { receipts: Receipt[] } | { fault: string }
}

/** Of one operator; that many wait for one message only if its operator repeats one without end. */
const EARLIER_MAX = 1_000

/**
 * Locks stored rows, and earlier ones that wait for the same messages, so that the first receipt counts, whenever its
 * next try is due. A row is left for later while another session works on one that waits for its message.
 * @returns them in the order in which they came.
 */
export async function lockInOrder(tx: Tx, ids: string[], sources: ReceiptSources): Promise<ReadReceipt[]> {
  const read = (rows: StoredReceipt[]) => rows.map((row) => ({ row, content: readStored(row, sources) }))
  const asked = read(await lockWaiting(tx, ids))
  const earlier = await findEarlier(tx, asked)
  if (earlier.length === 0) return asked.toSorted(byArrival)
  const locked = await lockWaiting(tx, [...new Set(earlier.map(({ id }) => id))])
  const isLocked = new Set(locked.map(({ id }) => id))
  const busy = new Set(earlier.filter(({ id }) => !isLocked.has(id)).map(({ place }) => place))
  const free = asked.filter((each) => !placesOf(each).some((place) => busy.has(place)))
  return [...free, ...read(locked)].toSorted(byArrival)
}

/** Rows that wait under the keys of these, and are none of these. */
async function findEarlier(tx: Tx, rows: ReadReceipt[]): Promise<{ id: string; place: string }[]> {
  const own = new Set(rows.map(({ row }) => row.id))
  const found: { id: string; place: string }[] = []
  for (const [operator, theirs] of Map.groupBy(rows, ({ row }) => row.operator)) {
    const keys = [...new Set(theirs.flatMap(keysOf))]
    const waiting = await findByWaitKeys(tx, { operator, keys, rowsMax: EARLIER_MAX + own.size })
    for (const { id, key } of waiting) if (!own.has(id)) found.push({ id, place: placeOf(operator, key) })
  }
  return found
}

function keysOf({ content }: ReadReceipt): string[] {
  return 'fault' in content ? [] : content.receipts.flatMap(waitKeysOf)
}

function placesOf(read: ReadReceipt): string[] {
  return keysOf(read).map((key) => placeOf(read.row.operator, key))
}

function placeOf(operator: string, key: string): string {
  return `${operator} ${key}`
}

/** One that was split off a request has a later identifier than others that came after that. */
function byArrival({ row: one }: ReadReceipt, { row: other }: ReadReceipt): number {
  return one.receivedAt.getTime() - other.receivedAt.getTime() || (one.id < other.id ? -1 : 1)
}
