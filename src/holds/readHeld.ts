import { sql } from 'kysely'
import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'

/** What is held of a customer's money. */
export interface Held {
  /** In the smallest unit. */
  amount: number
  /** Only the first HELD_SUMMED_MAX prices were added up: more may be held. */
  isAtLeast: boolean
}

/** Adding up this many takes the database some 20 ms. */
export const HELD_SUMMED_MAX = 100_000

/** Adds up the prices by an index that has nothing else, up to a bound. */
export function readHeld(db: Db, userId: number, summedMax = HELD_SUMMED_MAX): Promise<Held> {
  return read(db, 'holds.read_held', async (reader) => {
    const { rows } = await sql<{ amount: number | string; holds: number | string }>`
      SELECT COALESCE(SUM(price), 0) AS amount, COUNT(*) AS holds
      FROM (SELECT price FROM holds FORCE INDEX (idx_holds_user) WHERE user_id = ${userId}
            LIMIT ${sql.lit(summedMax)}) AS held`.execute(reader)
    const [row] = rows
    return { amount: Number(row?.amount ?? 0), isAtLeast: Number(row?.holds ?? 0) >= summedMax }
  })
}
