import { sql } from 'kysely'
import type { Db } from '../../src/platform/db/index.ts'
import { holdRows } from './lockWaits.ts'

/** Keeps a customer's balance locked, in a transaction of its own, until the returned function is called. */
export function holdBalance(db: Db, userId: number): Promise<() => Promise<void>> {
  return holdRows(db, sql`SELECT 1 FROM user_balances WHERE user_id = ${userId}`)
}
