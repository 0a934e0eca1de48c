import { sql } from 'kysely'
import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { Account } from './accounts.ts'

/** A customer's row without its ledger. */
export interface Credit {
  balance: number
  /** The customer's bucket of parts, in microseconds since the epoch (see limits). */
  partsTatMicros: number
  /** What it spent in the day and month of its last expense under a limit (see limits). */
  spending: Account['spending']
  /** The database's time of the read, in microseconds since the epoch. */
  readAtMicros: number
}

interface Row {
  balance: number
  parts_tat: number
  spend_day: number
  spent_of_day: number
  spent_of_month: number
  now_micros: number
}

/** @returns what a customer has and has used; of an unknown one nothing. */
export function readCredit(db: Db, userId: number): Promise<Credit> {
  return read(db, 'ledger.read_credit', async (reader) => {
    const { rows } = await sql<Row>`
      SELECT balance, parts_tat, spend_day, spent_of_day, spent_of_month,
             CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED) AS now_micros
      FROM user_balances WHERE user_id = ${userId}`.execute(reader)
    const [row] = rows
    if (!row)
      return { balance: 0, partsTatMicros: 0, spending: { day: 0, ofDay: 0, ofMonth: 0 }, readAtMicros: 0 }
    return {
      ...{ balance: row.balance, partsTatMicros: row.parts_tat, readAtMicros: row.now_micros },
      spending: { day: row.spend_day, ofDay: row.spent_of_day, ofMonth: row.spent_of_month },
    }
  })
}
