import { transact } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { makeDue } from './waiting.ts'

/** Tries listed receipts once more. @returns how many of them were listed. */
export function retryOrphans(db: Db, ids: string[]): Promise<number> {
  return transact(db, 'receipts.retry', (tx) => makeDue(tx, ids), {
    resolve: () => Promise.resolve(undefined),
  })
}
