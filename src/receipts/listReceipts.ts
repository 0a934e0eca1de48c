import type { WaitingState } from '../../db/schema.ts'
import type { Receipt } from '../operators/index.ts'
import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { readStored } from './readStored.ts'
import type { ReceiptSources } from './readStored.ts'
import { listWaiting } from './waiting.ts'
import type { ListedReceipt } from './waiting.ts'

/** A stored row that matched nothing so far, with what can be read of it. */
export interface ReceiptView extends ListedReceipt {
  receipts: Receipt[]
}

export interface ReceiptPage {
  items: ReceiptView[]
  /** The last of the page; null when there are no more. */
  nextBefore: string | null
}

/** @returns receipts in one state, newest first. */
export async function listReceipts(
  db: Db,
  query: { state: WaitingState; limit: number; before?: string | undefined },
  sources: ReceiptSources,
): Promise<ReceiptPage> {
  const rows = await read(db, 'receipts.list', (reader) =>
    listWaiting(reader, { ...query, limit: query.limit + 1 }),
  )
  const items = rows.slice(0, query.limit).map((row) => {
    const content = readStored(row, sources)
    return { ...row, receipts: 'fault' in content ? [] : content.receipts }
  })
  return { items, nextBefore: rows.length > query.limit ? (items.at(-1)?.id ?? null) : null }
}
